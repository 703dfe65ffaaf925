{#-
    First in, first out, without a running state: units that came in and units that left are laid out end to end per SKU,
    and where the two rows of units overlap, that arrival was used up. A transfer changes no cost and is in neither row.
    What a layer's first k units cost is rounded down, so its parts add up to it.
-#}
with average_costs as (
    select platform, account_id, sku, min(unit_cost_minor) as unit_cost_minor
    from {{ ref('can_products') }}
    where sku is not null
    group by platform, account_id, sku
),

-- An invoice or freight that changes the cost of what a document brought is a line of that document without units.
cost_changes as (
    select platform, account_id, sku, platform_document_id, cast(sum(cost_minor) as bigint) as cost_minor
    from {{ ref('can_stock_movements') }}
    where units = 0 and platform_document_id is not null
    group by platform, account_id, sku, platform_document_id
),

firsts as (
    select platform, account_id, sku, platform_document_id, min(stock_movement_id) as stock_movement_id
    from {{ ref('can_stock_movements') }}
    where units > 0 and movement_type <> 'transfer'
    group by platform, account_id, sku, platform_document_id
),

changed as (
    select firsts.stock_movement_id, cost_changes.cost_minor
    from firsts
    inner join cost_changes
        on
            firsts.platform = cost_changes.platform
            and firsts.account_id = cost_changes.account_id
            and firsts.sku = cost_changes.sku
            and firsts.platform_document_id = cost_changes.platform_document_id
),

arrivals as (
    select
        movements.*,
        coalesce(movements.cost_minor, movements.units * average_costs.unit_cost_minor) + coalesce(changed.cost_minor, 0) as layer_cost_minor,
        case
            when movements.cost_minor is not null then 'said'
            when average_costs.unit_cost_minor is not null then 'average'
            else 'unknown'
        end as cost_rule,
        cast(sum(movements.units) over (
            partition by movements.platform, movements.account_id, movements.sku
            order by movements.moved_at nulls first, movements.stock_movement_id rows unbounded preceding
        ) as bigint) as last_unit
    from {{ ref('can_stock_movements') }} as movements
    left join average_costs
        on
            movements.platform = average_costs.platform
            and movements.account_id = average_costs.account_id
            and movements.sku = average_costs.sku
    left join changed on movements.stock_movement_id = changed.stock_movement_id
    where movements.units > 0 and movements.movement_type <> 'transfer'
),

departures as (
    select platform, account_id, sku, cast(-sum(units) as bigint) as units
    from {{ ref('can_stock_movements') }}
    where units < 0 and movement_type <> 'transfer'
    group by platform, account_id, sku
),

used as (
    select
        arrivals.*,
        greatest(0, least(arrivals.units, coalesce(departures.units, 0) - (arrivals.last_unit - arrivals.units))) as consumed_units
    from arrivals
    left join departures
        on
            arrivals.platform = departures.platform
            and arrivals.account_id = departures.account_id
            and arrivals.sku = departures.sku
),

priced as (
    select *, {{ floor_divide('layer_cost_minor * consumed_units', 'units') }} as consumed_minor
    from used
),

layers as (
    select
        stock_movement_id as cost_layer_id,
        platform,
        account_id,
        entity_id,
        sku,
        movement_type,
        document_number,
        moved_at as arrived_at,
        cast(last_unit - units as bigint) as first_unit,
        units,
        cast(layer_cost_minor as bigint) as cost_minor,
        currency_code,
        cost_rule,
        cast(consumed_units as bigint) as consumed_units,
        consumed_minor,
        cast(units - consumed_units as bigint) as remaining_units,
        cast(layer_cost_minor - consumed_minor as bigint) as remaining_minor
    from priced
)

select * from layers
