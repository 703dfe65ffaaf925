select
    book_credit_id, platform, account_id, entity_id, document_id, credit_part, invoice_number, amount_minor, currency_code, loaded_at
from {{ ref('can_book_credits__xero') }}
