{{ config(tags=['identity'], meta={'identity': 'S-03', 'severity': 'blocks'}) }}
-- S-03: per SKU, committed over all places = ordered − shipped − taken off, over orders that can still ship. A failure
-- means that units of an open order are promised twice or to nobody. It says nothing about the place they were put on.
with owed as (
    select sku, cast(sum(committed) as bigint) as owed
    from {{ ref('fct_commitments') }}
    group by sku
),

stock as (
    select sku, cast(sum(committed) as bigint) as committed
    from {{ ref('fct_stock') }}
    group by sku
),

-- A correction (a negative line) takes back units of its own order, never another order's.
ordered as (
    select
        order_lines.order_id,
        coalesce(components.component_sku, order_lines.sku) as sku,
        greatest(0, sum(order_lines.quantity * coalesce(components.quantity, 1))) as ordered
    from {{ ref('can_order_lines') }} as order_lines
    inner join {{ ref('can_orders') }} as orders on order_lines.order_id = orders.order_id
    left join {{ ref('dim_bundle_components') }} as components on order_lines.sku = components.bundle_sku
    where not orders.is_test and orders.cancelled_at is null and order_lines.line_type = 'product'
    group by order_lines.order_id, coalesce(components.component_sku, order_lines.sku)
),

bounds as (
    select sku, cast(sum(ordered) as bigint) as ordered
    from ordered
    group by sku
)

select stock.sku, stock.committed, owed.owed, bounds.ordered
from stock
left join owed on stock.sku = owed.sku
left join bounds on stock.sku = bounds.sku
where stock.committed <> coalesce(owed.owed, 0) or stock.committed > coalesce(bounds.ordered, 0) or stock.committed < 0
