with orders as (
    select order_id, entity_id, channel, upper(replace(trim(order_number), '#', '')) as order_key
    from {{ ref('can_orders') }}
),

-- A number used by two orders (of two channels, say) decides nothing: such a parcel stays without an order.
unique_numbers as (
    select order_key, min(order_id) as order_id
    from orders
    where order_key is not null and order_key <> ''
    group by order_key
    having count(*) = 1
),

line_counts as (
    select parcel_id, count(*) as lines, cast(sum(quantity) as bigint) as units
    from {{ ref('can_parcel_lines') }}
    group by parcel_id
),

matched as (
    select
        parcels.*,
        coalesce(by_reference.order_id, unique_numbers.order_id) as matched_order_id,
        case
            when by_reference.order_id is not null then 'platform_reference'
            when unique_numbers.order_id is not null then 'order_number'
            else 'none'
        end as order_match_rule
    from {{ ref('can_parcels') }} as parcels
    left join orders as by_reference on parcels.order_id = by_reference.order_id
    left join unique_numbers
        on case when by_reference.order_id is null then upper(replace(trim(parcels.order_number), '#', '')) end
            = unique_numbers.order_key
),

-- What happened cannot unhappen: a delivery time outweighs a status that arrived late or was repeated.
progressed as (
    select
        *,
        case
            when delivered_at is not null or shipment_status = 'delivered' then 'delivered'
            when voided_at is not null or shipment_status = 'voided' then 'voided'
            when shipped_at is not null and shipment_status = 'label_created' then 'in_transit'
            else coalesce(shipment_status, 'unmapped')
        end as furthest_status
    from matched
),

parcels as (
    select
        progressed.parcel_id,
        progressed.matched_order_id as order_id,
        progressed.order_number,
        progressed.order_match_rule,
        coalesce(orders.entity_id, progressed.entity_id) as entity_id,
        orders.channel,
        progressed.platform,
        progressed.account_id,
        progressed.location_id,
        progressed.carrier,
        progressed.tracking_number,
        progressed.furthest_status as shipment_status,
        progressed.furthest_status in ('in_transit', 'out_for_delivery', 'delivered', 'exception') as is_shipped,
        progressed.shipped_at,
        progressed.delivered_at,
        progressed.voided_at,
        coalesce(line_counts.lines, 0) as lines,
        coalesce(line_counts.units, 0) as units,
        progressed.cost_minor,
        progressed.currency_code,
        progressed.updated_at
    from progressed
    left join orders on progressed.matched_order_id = orders.order_id
    left join line_counts on progressed.parcel_id = line_counts.parcel_id
)

select * from parcels
