select
    customer_record_id, platform, account_id, platform_customer_id, email, phone, first_name, last_name,
    created_at, updated_at
from {{ ref('can_customers__files') }}

union all

select
    customer_record_id, platform, account_id, platform_customer_id, email, phone, first_name, last_name,
    created_at, updated_at
from {{ ref('can_customers__shopify') }}

union all

select
    customer_record_id, platform, account_id, platform_customer_id, email, phone, first_name, last_name,
    created_at, updated_at
from {{ ref('can_customers__woocommerce') }}
