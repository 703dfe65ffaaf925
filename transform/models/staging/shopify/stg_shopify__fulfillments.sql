with

source as (
    select account_id, id as order_gid, fulfillments from {{ source('raw_shopify', 'orders') }}
),

opened as (
    select source.account_id, source.order_gid, items.item as fulfillment, {{ json_value('items.item', 'trackingInfo') }} as tracking_info
    from source
    cross join {{ json_items('source.fulfillments') }}
),

-- One row per tracking number; a fulfilment without any keeps one row.
tracked as (
    select opened.*, items.item as tracking, items.item_number as tracking_position
    from opened
    cross join {{ json_items('opened.tracking_info') }}
    union all
    select opened.*, cast(null as json) as tracking, 1 as tracking_position
    from opened
    where tracking_info is null or cast(tracking_info as varchar) = '[]'
),

renamed as (
    select
        account_id,
        {{ gid_number('order_gid') }} as platform_order_id,
        {{ gid_number(json_text('fulfillment', 'id')) }} as platform_fulfilment_id,
        cast(tracking_position as bigint) as tracking_position,
        case
            when {{ json_text('fulfillment', 'status') }} = 'SUCCESS' then 'success'
            when {{ json_text('fulfillment', 'status') }} in ('PENDING', 'OPEN') then 'pending'
            when {{ json_text('fulfillment', 'status') }} = 'CANCELLED' then 'cancelled'
            when {{ json_text('fulfillment', 'status') }} in ('ERROR', 'FAILURE') then 'failed'
            else 'unmapped'
        end as fulfilment_status,
        {{ json_text('fulfillment', 'displayStatus') }} as platform_delivery_status,
        nullif(trim({{ json_text('tracking', 'number') }}), '') as tracking_number,
        nullif({{ json_text('tracking', 'company') }}, '') as carrier,
        {{ utc_timestamp(json_text('fulfillment', 'createdAt')) }} as fulfilled_at,
        {{ utc_timestamp(json_text('fulfillment', 'deliveredAt')) }} as delivered_at
    from tracked
)

select * from renamed
