with

shipments as (
    select * from {{ ref('stg_shipstation__shipments') }}
),

fulfillments as (
    select * from {{ ref('stg_shipstation__fulfillments') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

locations as (
    select * from {{ ref('locations') }}
),

deliveries as (
    select account_id, tracking_number, min(delivered_at) as delivered_at
    from fulfillments
    where not is_voided
    group by account_id, tracking_number
),

labels as (
    select
        shipments.account_id,
        shipments.platform_shipment_id as platform_parcel_id,
        shipments.order_number,
        shipments.platform_location_id,
        shipments.tracking_number,
        shipments.carrier,
        shipments.is_voided,
        shipments.created_at,
        shipments.shipped_at,
        deliveries.delivered_at,
        shipments.voided_at,
        shipments.shipment_cost_major + coalesce(shipments.insurance_cost_major, 0) as cost_major
    from shipments
    left join deliveries
        on shipments.account_id = deliveries.account_id and shipments.tracking_number = deliveries.tracking_number
    where not shipments.is_return_label
),

-- Shipped elsewhere and only marked here: no label of this account carries the tracking number, or the order.
marked as (
    select
        account_id,
        'fulfillment-' || platform_fulfillment_id as platform_parcel_id,
        order_number,
        cast(null as varchar) as platform_location_id,
        tracking_number,
        carrier,
        is_voided,
        created_at,
        shipped_at,
        delivered_at,
        voided_at,
        fulfillment_fee_major as cost_major
    from fulfillments
    where not exists (
        select 1
        from shipments
        where
            shipments.account_id = fulfillments.account_id
            and (
                shipments.tracking_number = fulfillments.tracking_number
                or (fulfillments.tracking_number is null and shipments.order_number = fulfillments.order_number)
            )
    )
),

parcels as (
    select * from labels
    union all
    select * from marked
),

-- The newest moment told stands for "now": the same raw rows give the same states whenever they are built.
known as (
    select account_id, max(greatest(created_at, coalesce(delivered_at, created_at))) as known_at
    from parcels
    group by account_id
),

mapped as (
    select
        'shipstation:' || parcels.account_id || ':' || parcels.platform_parcel_id as parcel_id,
        'shipstation' as platform,
        parcels.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        parcels.platform_parcel_id,
        cast(null as varchar) as order_id,
        parcels.order_number,
        coalesce(locations.location_id, parcels.platform_location_id) as location_id,
        parcels.tracking_number,
        parcels.carrier,
        case
            when parcels.is_voided then 'voided'
            when parcels.delivered_at is not null then 'delivered'
            when cast(parcels.shipped_at as date) <= cast(known.known_at as date) then 'in_transit'
            else 'label_created'
        end as shipment_status,
        parcels.shipped_at,
        parcels.delivered_at,
        parcels.voided_at,
        {{ to_minor('parcels.cost_major', 'entities.base_currency_code') }} as cost_minor,
        entities.base_currency_code as currency_code,
        greatest(
            parcels.created_at,
            coalesce(parcels.delivered_at, parcels.created_at),
            coalesce(parcels.voided_at, parcels.created_at)
        ) as updated_at
    from parcels
    inner join known on parcels.account_id = known.account_id
    left join accounts on accounts.platform = 'shipstation' and parcels.account_id = accounts.account_id
    left join locations
        on
            locations.platform = 'shipstation'
            and parcels.account_id = locations.account_id
            and parcels.platform_location_id = locations.platform_location_id
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
