with

source as (
    select * from {{ source('raw_files', 'shipments') }}
),

renamed as (
    select
        channel,
        parcel_id as platform_parcel_id,
        order_id as platform_order_id,
        shipment_status,
        tracking_number,
        carrier,
        {{ utc_timestamp('shipped_at') }} as shipped_at,
        {{ utc_timestamp('delivered_at') }} as delivered_at
    from source
)

select * from renamed
