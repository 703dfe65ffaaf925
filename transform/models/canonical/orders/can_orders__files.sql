with

orders as (
    select * from {{ ref('stg_files__orders') }}
),

refunds as (
    select * from {{ ref('stg_files__refunds') }}
),

lines as (
    select * from {{ ref('stg_files__order_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

payments as (
    select
        channel,
        platform_order_id,
        {{ sum_minor('amount_minor') }} as paid_minor
    from {{ ref('stg_files__payments') }}
    group by channel, platform_order_id
),

-- A credit note that names no order gets an order with nothing sold, so that its buyer and channel are known.
credit_notes as (
    select
        channel,
        platform_refund_id as platform_order_id,
        platform_refund_id as order_number,
        min(refunded_at) as placed_at,
        cast(null as timestamp) as cancelled_at,
        min(currency_code) as currency_code,
        min(platform_customer_id) as platform_customer_id,
        min(customer_email) as customer_email,
        cast(null as varchar) as customer_phone,
        cast(null as varchar) as shipping_country_code,
        cast(null as varchar) as shipping_postcode,
        false as is_test,
        false as is_b2b,
        cast(null as varchar) as payment_terms,
        cast(null as varchar) as company_name,
        cast(null as varchar) as tax_id,
        cast(null as varchar) as po_number,
        true as is_fulfilled
    from refunds
    where platform_order_id is null
    group by channel, platform_refund_id
),

all_orders as (
    select * from orders
    union all
    select * from credit_notes
),

totals as (
    select
        channel,
        platform_order_id,
        {{ sum_minor('quantity * unit_price_minor - discount_minor + tax_minor') }} as total_minor,
        {{ sum_minor('tax_minor') }} as tax_minor
    from lines
    group by channel, platform_order_id
),

mapped as (
    select
        'files:' || all_orders.channel || ':' || all_orders.platform_order_id as order_id,
        'files' as platform,
        all_orders.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        all_orders.channel,
        all_orders.platform_order_id,
        all_orders.order_number,
        all_orders.placed_at,
        {{ local_date('all_orders.placed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }}
            as order_date,
        all_orders.cancelled_at,
        cast(null as timestamp) as reclaimed_at,
        all_orders.placed_at as updated_at,
        all_orders.is_test,
        all_orders.is_b2b,
        all_orders.payment_terms,
        all_orders.company_name,
        all_orders.tax_id,
        all_orders.po_number,
        all_orders.currency_code,
        all_orders.platform_customer_id,
        all_orders.customer_email,
        all_orders.customer_phone,
        all_orders.shipping_country_code,
        all_orders.shipping_postcode,
        case
            when all_orders.shipping_postcode is not null
                then {{ digest(['all_orders.shipping_country_code', 'all_orders.shipping_postcode']) }}
        end as shipping_address_key,
        case
            when payments.paid_minor is null then 'pending'
            when payments.paid_minor < coalesce(totals.total_minor, 0) then 'partially_paid'
            else 'paid'
        end as order_payment_status,
        case when all_orders.is_fulfilled then 'fulfilled' else 'unfulfilled' end as order_fulfilment_status,
        false as is_fulfilled_by_channel,
        false as is_tax_included,
        cast(coalesce(totals.total_minor, 0) as bigint) as total_minor,
        cast(coalesce(totals.tax_minor, 0) as bigint) as tax_minor
    from all_orders
    left join totals
        on all_orders.channel = totals.channel and all_orders.platform_order_id = totals.platform_order_id
    left join payments
        on all_orders.channel = payments.channel and all_orders.platform_order_id = payments.platform_order_id
    left join accounts
        on accounts.platform = 'files' and accounts.account_id = all_orders.channel
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
