with levels as (
    select * from {{ ref('fct_stock_levels') }}
),

holds as (
    select
        sku,
        location_id,
        min(entity_id) as entity_id,
        cast(sum(coalesce(damaged, 0)) as bigint) as damaged,
        cast(sum(coalesce(quality_control, 0)) as bigint) as quality_control,
        cast(sum(coalesce(reserved, 0)) as bigint) as reserved,
        cast(sum(coalesce(safety, 0)) as bigint) as safety
    from {{ ref('can_stock_holds') }}
    group by sku, location_id
),

commitments as (
    select sku, location_id, min(entity_id) as entity_id, cast(sum(committed) as bigint) as committed
    from {{ ref('fct_commitments') }}
    group by sku, location_id
),

places as (
    select sku, location_id from levels
    union
    select sku, location_id from holds
    union
    select sku, location_id from commitments
),

policies as (
    select
        places.sku,
        places.location_id,
        stock_policies.safety,
        stock_policies.reserved,
        row_number() over (
            partition by places.sku, places.location_id
            order by
                case when stock_policies.sku = '*' then 1 else 0 end,
                case when stock_policies.location_id = '*' then 1 else 0 end
        ) as preference
    from places
    inner join {{ ref('stock_policies') }} as stock_policies
        on stock_policies.sku in (places.sku, '*') and stock_policies.location_id in (places.location_id, '*')
),

measured as (
    select
        places.sku,
        places.location_id,
        coalesce(levels.entity_id, holds.entity_id, commitments.entity_id) as entity_id,
        levels.sku is not null and levels.is_enabled as is_enabled,
        levels.owner_platform,
        levels.as_of_at,
        coalesce(levels.on_hand, 0) as on_hand,
        coalesce(commitments.committed, 0) as committed,
        coalesce(levels.reserved, 0) + coalesce(holds.reserved, 0) + coalesce(policies.reserved, 0) as reserved,
        coalesce(holds.safety, 0) + coalesce(policies.safety, 0) as safety,
        coalesce(levels.damaged, 0) + coalesce(holds.damaged, 0) as damaged,
        coalesce(levels.quality_control, 0) + coalesce(holds.quality_control, 0) as quality_control,
        coalesce(levels.incoming, 0) as incoming
    from places
    left join levels on places.sku = levels.sku and places.location_id = levels.location_id
    left join holds on places.sku = holds.sku and places.location_id = holds.location_id
    left join commitments on places.sku = commitments.sku and places.location_id = commitments.location_id
    left join policies
        on places.sku = policies.sku and places.location_id = policies.location_id and policies.preference = 1
),

-- Never clipped at zero: a negative number is the signal that more was promised than is there.
stock as (
    select
        sku,
        location_id,
        entity_id,
        is_enabled,
        owner_platform,
        cast(on_hand as bigint) as on_hand,
        cast(committed as bigint) as committed,
        cast(reserved as bigint) as reserved,
        cast(safety as bigint) as safety,
        cast(damaged as bigint) as damaged,
        cast(quality_control as bigint) as quality_control,
        cast(on_hand - damaged - quality_control - reserved - safety - committed as bigint) as available,
        cast(incoming as bigint) as incoming,
        as_of_at
    from measured
)

select * from stock
