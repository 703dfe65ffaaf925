-- F-SHP-03: every unit of every parcel line arrives in the marts once, and a parcel's units are the sum of its lines.
with told as (
    select parcel_id, cast(sum(quantity) as bigint) as units from {{ ref('can_parcel_lines') }} group by parcel_id
),

kept as (
    select parcel_id, cast(sum(quantity) as bigint) as units from {{ ref('fct_parcel_lines') }} group by parcel_id
)

select parcels.parcel_id, parcels.units, told.units as told_units, kept.units as kept_units
from {{ ref('fct_parcels') }} as parcels
left join told on parcels.parcel_id = told.parcel_id
left join kept on parcels.parcel_id = kept.parcel_id
where coalesce(told.units, 0) <> coalesce(kept.units, 0) or coalesce(told.units, 0) <> parcels.units
