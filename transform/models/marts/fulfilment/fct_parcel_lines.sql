with parcel_lines as (
    select
        parcel_lines.parcel_line_id,
        parcel_lines.parcel_id,
        parcels.order_id,
        parcel_lines.sku,
        parcel_lines.quantity,
        parcels.shipment_status,
        parcels.is_shipped
    from {{ ref('can_parcel_lines') }} as parcel_lines
    inner join {{ ref('fct_parcels') }} as parcels on parcel_lines.parcel_id = parcels.parcel_id
)

select * from parcel_lines
