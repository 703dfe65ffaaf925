with

movements as (
    select * from {{ ref('stg_cin7__product_movements') }}
),

locations as (
    select * from {{ ref('locations') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

mapped as (
    select
        'cin7:' || movements.account_id || ':' || movements.platform_product_id || ':' || movements.line_number as stock_movement_id,
        'cin7' as platform,
        movements.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        movements.sku,
        coalesce(locations.location_id, movements.platform_location_id, 'unassigned') as location_id,
        case
            when movements.platform_movement_type like '%transfer%' then 'transfer'
            when movements.platform_movement_type like '%take%' or movements.platform_movement_type like '%count%' then 'count'
            when movements.platform_movement_type like '%adjust%' or movements.platform_movement_type like '%write%' then 'adjustment'
            when movements.platform_movement_type like '%purchase%' then 'receipt'
            when movements.platform_movement_type like '%sale%' and movements.quantity > 0 then 'return'
            when movements.platform_movement_type like '%credit%' or movements.platform_movement_type like '%restock%' then 'return'
            when movements.platform_movement_type like '%sale%' then 'shipment'
            when
                movements.platform_movement_type like '%assembl%' or movements.platform_movement_type like '%production%'
                or movements.platform_movement_type like '%finished%'
                then 'assembly'
            else 'unmapped'
        end as movement_type,
        cast(floor(movements.quantity) as bigint) as units,
        movements.moved_at,
        movements.platform_document_id,
        movements.document_number,
        cast(
            round(movements.cost_major * {{ minor_units_per_major('entities.base_currency_code') }}, 0) as bigint
        ) as cost_minor,
        entities.base_currency_code as currency_code
    from movements
    left join locations
        on
            locations.platform = 'cin7'
            and movements.account_id = locations.account_id
            and movements.platform_location_id = locations.platform_location_id
    left join accounts on accounts.platform = 'cin7' and movements.account_id = accounts.account_id
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
