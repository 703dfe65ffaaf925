with

connector_customers as (
    select platform, account_id, platform_customer_id from {{ ref('can_customers__shopify') }}
    union all
    select platform, account_id, platform_customer_id from {{ ref('can_customers__woocommerce') }}
),

-- Read by the connector since, and no order of the file drop left that needs the file's record.
superseded as (
    select distinct accounts.channel, connector_customers.platform_customer_id
    from connector_customers
    inner join {{ ref('accounts') }} as accounts
        on connector_customers.platform = accounts.platform and connector_customers.account_id = accounts.account_id
    left join {{ ref('can_orders') }} as orders
        on orders.platform = 'files'
        and orders.account_id = accounts.channel
        and orders.platform_customer_id = connector_customers.platform_customer_id
    where orders.order_id is null
)

select
    files.customer_record_id, files.platform, files.account_id, files.platform_customer_id, files.email, files.phone,
    files.first_name, files.last_name, files.created_at, files.updated_at
from {{ ref('can_customers__files') }} as files
left join superseded
    on files.account_id = superseded.channel and files.platform_customer_id = superseded.platform_customer_id
where superseded.channel is null

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
