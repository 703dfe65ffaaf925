-- Bins and batches of one system are added up; two systems that both count a place are not.
with per_system as (
    select
        platform,
        account_id,
        sku,
        location_id,
        min(entity_id) as entity_id,
        bool_and(is_enabled) as is_enabled,
        cast(sum(on_hand) as bigint) as on_hand,
        cast(sum(coalesce(damaged, 0)) as bigint) as damaged,
        cast(sum(coalesce(quality_control, 0)) as bigint) as quality_control,
        cast(sum(coalesce(reserved, 0)) as bigint) as reserved,
        cast(sum(coalesce(incoming, 0)) as bigint) as incoming,
        max(as_of_at) as as_of_at
    from {{ ref('can_stock_levels') }}
    group by platform, account_id, sku, location_id
),

places as (
    select sku, location_id, count(*) as systems
    from per_system
    group by sku, location_id
),

-- Nothing is ranked where one system counts, which is nearly everywhere.
contested as (
    select
        per_system.platform,
        per_system.account_id,
        per_system.sku,
        per_system.location_id,
        row_number() over (
            partition by per_system.sku, per_system.location_id
            order by per_system.as_of_at desc nulls last, per_system.platform, per_system.account_id
        ) as newest_first
    from per_system
    inner join places on per_system.sku = places.sku and per_system.location_id = places.location_id
    where places.systems > 1
),

ranked as (
    select per_system.*, places.systems, coalesce(contested.newest_first, 1) as newest_first
    from per_system
    inner join places on per_system.sku = places.sku and per_system.location_id = places.location_id
    left join contested
        on
            per_system.sku = contested.sku
            and per_system.location_id = contested.location_id
            and per_system.platform = contested.platform
            and per_system.account_id = contested.account_id
),

-- A count speaks for its own time; what moved later is added to it. Parcels that left later are in flight instead.
moved_since as (
    select ranked.sku, ranked.location_id, cast(sum(movements.units) as bigint) as units
    from ranked
    inner join {{ ref('fct_stock_movements') }} as movements
        on
            ranked.sku = movements.sku
            and ranked.location_id = movements.location_id
            and movements.moved_at > ranked.as_of_at
    where ranked.newest_first = 1 and (movements.book in ('warehouse', 'both') or movements.movement_type = 'count') and movements.movement_type <> 'shipment'
    group by ranked.sku, ranked.location_id
),

owners as (
    select
        ranked.sku,
        ranked.location_id,
        entity_id,
        platform as owner_platform,
        account_id as owner_account_id,
        coalesce(is_enabled, true) as is_enabled,
        on_hand as counted,
        coalesce(moved_since.units, 0) as moved_since,
        on_hand + coalesce(moved_since.units, 0) as on_hand,
        damaged,
        quality_control,
        reserved,
        incoming,
        as_of_at,
        cast(systems as bigint) as systems
    from ranked
    left join moved_since on ranked.sku = moved_since.sku and ranked.location_id = moved_since.location_id
    where newest_first = 1
)

select * from owners
