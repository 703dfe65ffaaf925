{{ config(severity='warn') }}
-- A parcel without an order: its number belongs to no order we have, or to two. Nothing is pushed for it; a person looks.
select parcel_id, order_number, tracking_number
from {{ ref('fct_parcels') }}
where order_id is null and shipment_status <> 'voided'
