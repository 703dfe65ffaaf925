with

fulfilments as (
    select * from {{ ref('stg_shopify__fulfillments') }}
),

mapped as (
    select
        'shopify:' || account_id || ':' || platform_fulfilment_id
        || case when tracking_position > 1 then ':' || cast(tracking_position as varchar) else '' end as storefront_fulfilment_id,
        'shopify:' || account_id || ':' || platform_order_id as order_id,
        'shopify' as platform,
        account_id,
        platform_fulfilment_id,
        fulfilment_status,
        tracking_number,
        carrier,
        fulfilled_at
    from fulfilments
)

select * from mapped
