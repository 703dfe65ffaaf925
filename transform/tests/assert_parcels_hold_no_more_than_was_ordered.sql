{{ config(severity='warn') }}
-- Units that left for an order never exceed what was ordered of the SKU. A row is a parcel packed wrongly, or sent twice.
with shipped as (
    select order_id, sku, cast(sum(quantity) as bigint) as shipped
    from {{ ref('fct_parcel_lines') }}
    where is_shipped and order_id is not null
    group by order_id, sku
),

ordered as (
    select order_id, sku, cast(sum(quantity) as bigint) as ordered
    from {{ ref('can_order_lines') }}
    group by order_id, sku
)

select shipped.order_id, shipped.sku, shipped.shipped, ordered.ordered
from shipped
left join ordered on shipped.order_id = ordered.order_id and shipped.sku = ordered.sku
where shipped.shipped > coalesce(ordered.ordered, 0)
