with parcel_lines as (
    select * from {{ ref('fct_unreported_parcel_lines') }} where storefront = 'shopify'
),

tracking as (
    select
        parcel_id || case when fulfilment_number = 1 then '' else '|' || fulfilment_order_gid end as record_key,
        line_number,
        platform_order_id,
        fulfilment_order_gid,
        fulfilment_order_line_gid,
        quantity as line_quantity,
        tracking_number,
        carrier,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        'Order ' || order_number || ' left on ' || coalesce(cast(cast(shipped_at as date) as varchar), 'an unknown day')
            || ' with ' || coalesce(carrier, 'an unnamed carrier') || ' ' || tracking_number
            || '; the shop does not know this tracking number' as reason,
        parcel_id as source_key
    from parcel_lines
)

select * from tracking
