with

orders as (
    select * from {{ ref('stg_amazon__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

stores as (
    select * from {{ ref('marketplaces') }} where platform = 'amazon'
),

placed as (
    select
        orders.*,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'amazon') as channel,
        stores.currency_code as store_currency_code
    from orders
    left join accounts
        on accounts.platform = 'amazon' and orders.account_id = accounts.account_id
    left join stores
        on orders.platform_marketplace_id = stores.platform_marketplace_id
),

mapped as (
    select
        'amazon:' || placed.account_id || ':' || placed.platform_order_id as order_id,
        'amazon' as platform,
        placed.account_id,
        placed.entity_id,
        placed.channel,
        placed.platform_order_id,
        placed.platform_order_id as order_number,
        placed.placed_at,
        {{ local_date('placed.placed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as order_date,
        -- The platform keeps no moment of cancelling; the last change of a cancelled order is the nearest thing to it.
        case when placed.platform_order_status in ('CANCELLED', 'UNFULFILLABLE') then placed.updated_at end as cancelled_at,
        cast(null as timestamp) as reclaimed_at,
        placed.updated_at,
        false as is_test,
        placed.is_b2b,
        cast(null as varchar) as payment_terms,
        cast(null as varchar) as company_name,
        cast(null as varchar) as tax_id,
        cast(null as varchar) as po_number,
        -- An order that waits for its payment has no prices yet, and so no currency but its store's.
        coalesce(placed.currency_code, placed.store_currency_code, entities.base_currency_code) as currency_code,
        cast(null as varchar) as platform_customer_id,
        cast(null as varchar) as customer_email,
        cast(null as varchar) as customer_phone,
        cast(null as varchar) as shipping_country_code,
        cast(null as varchar) as shipping_postcode,
        cast(null as varchar) as shipping_address_key,
        -- The marketplace takes the money: what is not pending is paid, to it.
        case
            when placed.order_fulfilment_status = 'unmapped' then 'unmapped'
            when placed.platform_order_status in ('CANCELLED', 'UNFULFILLABLE') then 'voided'
            when placed.platform_order_status in ('PENDING', 'PENDING_AVAILABILITY') then 'pending'
            else 'paid'
        end as order_payment_status,
        placed.order_fulfilment_status,
        placed.is_fulfilled_by_channel,
        false as is_tax_included,
        case when placed.total_text is null then cast(0 as bigint) else placed.total_minor end as total_minor,
        case when placed.tax_text is null then cast(0 as bigint) else placed.tax_minor end as tax_minor
    from placed
    left join entities on placed.entity_id = entities.entity_id
)

select * from mapped
