{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'S-12', 'severity': 'blocks'}) }}
-- S-12: per SKU the value is what its layers have left, what left cost what the layers lost, and units and money that came in
-- are those that left and those that stay. A failure means that a cent or a unit of cost appears or vanishes. It does not say
-- that a cost is right, nor what the books hold on their inventory account.
with layers as (
    select
        platform, account_id, sku,
        cast(sum(units) as bigint) as units,
        cast(sum(coalesce(cost_minor, 0)) as bigint) as cost_minor,
        cast(sum(consumed_units) as bigint) as consumed_units,
        cast(sum(coalesce(consumed_minor, 0)) as bigint) as consumed_minor,
        cast(sum(coalesce(remaining_minor, 0)) as bigint) as remaining_minor
    from {{ ref('fct_cost_layers') }}
    group by platform, account_id, sku
),

book as (
    select platform, account_id, sku, cast(sum(units) as bigint) as units
    from {{ ref('can_stock_movements') }}
    where movement_type <> 'transfer'
    group by platform, account_id, sku
)

select stock_values.platform, stock_values.sku, stock_values.value_minor, layers.remaining_minor, stock_values.units, book.units as by_movements
from {{ ref('fct_stock_values') }} as stock_values
inner join book
    on stock_values.platform = book.platform and stock_values.account_id = book.account_id and stock_values.sku = book.sku
left join layers
    on stock_values.platform = layers.platform and stock_values.account_id = layers.account_id and stock_values.sku = layers.sku
where
    stock_values.value_minor <> coalesce(layers.remaining_minor, 0)
    or stock_values.departed_minor <> coalesce(layers.consumed_minor, 0)
    or stock_values.departed_units - stock_values.uncovered_units <> coalesce(layers.consumed_units, 0)
    or stock_values.arrived_minor <> stock_values.value_minor + stock_values.departed_minor
    or stock_values.units - stock_values.uncovered_units <> book.units
