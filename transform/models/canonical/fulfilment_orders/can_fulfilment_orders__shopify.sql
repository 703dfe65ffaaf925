with

lines as (
    select * from {{ ref('stg_shopify__fulfillment_order_lines') }}
),

locations as (
    select * from {{ ref('locations') }}
),

mapped as (
    select
        'shopify:' || lines.account_id || ':' || {{ gid_number('fulfilment_order_line_gid') }} as fulfilment_order_line_id,
        'shopify:' || lines.account_id || ':' || platform_order_id as order_id,
        'shopify' as platform,
        lines.account_id,
        fulfilment_order_gid,
        fulfilment_order_line_gid,
        platform_line_id,
        sku,
        remaining_quantity,
        fulfilment_order_status,
        coalesce(locations.location_id, lines.location_gid) as location_id
    from lines
    left join locations
        on
            locations.platform = 'shopify'
            and lines.account_id = locations.account_id
            and lines.location_gid = locations.platform_location_id
)

select * from mapped
