select
    book_line_id, document_id, platform, account_id, entity_id, line_number, account_number, account_name,
    signed_minor, item_name, description, currency_code, platform_tax_code
from {{ ref('can_book_lines__quickbooks') }}
union all
select
    book_line_id, document_id, platform, account_id, entity_id, line_number, account_number, account_name,
    signed_minor, item_name, description, currency_code, platform_tax_code
from {{ ref('can_book_lines__xero') }}
