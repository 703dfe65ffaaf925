-- What each departure took, layer by layer. Units that left before anything came in stand alone: nobody knows their cost.
with departures as (
    select
        *,
        cast(-sum(units) over (
            partition by platform, account_id, sku order by moved_at nulls first, stock_movement_id rows unbounded preceding
        ) as bigint) as last_unit
    from {{ ref('can_stock_movements') }}
    where units < 0 and movement_type <> 'transfer'
),

layers as (
    select * from {{ ref('fct_cost_layers') }} where consumed_units > 0
),

taken as (
    select
        departures.stock_movement_id as movement_id,
        layers.cost_layer_id,
        greatest(departures.last_unit + departures.units, layers.first_unit) - layers.first_unit as from_unit,
        least(departures.last_unit, layers.first_unit + layers.consumed_units) - layers.first_unit as until_unit,
        layers.units as layer_units,
        layers.cost_minor as layer_cost_minor
    from departures
    inner join layers
        on
            departures.platform = layers.platform
            and departures.account_id = layers.account_id
            and departures.sku = layers.sku
            and departures.last_unit > layers.first_unit
            and departures.last_unit + departures.units < layers.first_unit + layers.consumed_units
),

covered as (
    select movement_id, sum(until_unit - from_unit) as units
    from taken
    group by movement_id
),

parts as (
    select
        movement_id,
        cost_layer_id,
        until_unit - from_unit as units,
        {{ floor_divide('layer_cost_minor * until_unit', 'layer_units') }}
            - {{ floor_divide('layer_cost_minor * from_unit', 'layer_units') }} as cost_minor
    from taken
    union all
    select departures.stock_movement_id, cast(null as varchar), -departures.units - coalesce(covered.units, 0), cast(null as bigint)
    from departures
    left join covered on departures.stock_movement_id = covered.movement_id
    where -departures.units > coalesce(covered.units, 0)
),

consumptions as (
    select
        departures.stock_movement_id || '/' || coalesce(parts.cost_layer_id, 'none') as cost_consumption_id,
        departures.stock_movement_id as movement_id,
        parts.cost_layer_id,
        departures.platform,
        departures.account_id,
        departures.entity_id,
        departures.sku,
        departures.movement_type,
        departures.document_number,
        departures.moved_at,
        cast(parts.units as bigint) as units,
        cast(parts.cost_minor as bigint) as cost_minor,
        departures.currency_code
    from parts
    inner join departures on parts.movement_id = departures.stock_movement_id
)

select * from consumptions
