with

orders as (
    select * from {{ ref('stg_shopify__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

placed as (
    select
        orders.*,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'shopify') as channel
    from orders
    left join accounts
        on accounts.platform = 'shopify' and orders.account_id = accounts.account_id
),

mapped as (
    select
        'shopify:' || placed.account_id || ':' || placed.platform_order_id as order_id,
        'shopify' as platform,
        placed.account_id,
        placed.entity_id,
        placed.channel,
        placed.platform_order_id,
        placed.order_number,
        placed.placed_at,
        {{ local_date('placed.placed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as order_date,
        placed.cancelled_at,
        cast(null as timestamp) as reclaimed_at,
        placed.updated_at,
        placed.is_test,
        placed.is_b2b,
        placed.payment_terms,
        placed.company_name,
        placed.tax_id,
        placed.po_number,
        placed.currency_code,
        placed.platform_customer_id,
        placed.customer_email,
        placed.customer_phone,
        placed.shipping_country_code,
        placed.shipping_postcode,
        {{ shipping_address_key('placed') }} as shipping_address_key,
        placed.order_payment_status,
        placed.order_fulfilment_status,
        false as is_fulfilled_by_channel,
        placed.is_tax_included,
        placed.total_minor,
        placed.tax_minor
    from placed
    left join entities on placed.entity_id = entities.entity_id
)

select * from mapped
