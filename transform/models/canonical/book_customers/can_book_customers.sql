select
    book_customer_id, platform, account_id, entity_id, platform_customer_id, display_name, company_name, tax_id,
    terms_name, is_active, updated_at, customer_number
from {{ ref('can_book_customers__quickbooks') }}
union all
select
    book_customer_id, platform, account_id, entity_id, platform_customer_id, display_name, company_name, tax_id,
    terms_name, is_active, updated_at, customer_number
from {{ ref('can_book_customers__xero') }}
