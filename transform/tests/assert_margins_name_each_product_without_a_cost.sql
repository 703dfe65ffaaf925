{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'margins', 'severity': 'blocks'}) }}
-- An order that lacks the cost of a product has no margin, and what it sold of that product is in fct_unknown_costs, unit by unit and cent by cent:
-- under the SKU, where some product of its channel has a cost, else under the channel.
-- A failure means that a margin is empty and nobody is told why, or that a case names a product whose cost is known.
with

known as (
    select distinct sku from {{ ref('can_products') }} where platform in ('cin7', 'files') and unit_cost_minor is not null
),

sold as (
    select
        orders.entity_id, lines.currency_code, orders.channel, lines.sku, lines.quantity, lines.net_minor, orders.goods_cost_minor is null as is_open,
        known.sku is not null as is_known
    from {{ ref('can_order_lines') }} as lines
    inner join {{ ref('fct_contribution_margins') }} as orders on lines.order_id = orders.order_id and lines.currency_code = orders.currency_code
    left join known on lines.sku = known.sku
    where lines.line_type = 'product' and lines.quantity != 0
),

channels as (
    select entity_id, channel, bool_or(is_known) as is_reckoned from sold group by entity_id, channel
),

lacking as (
    select
        sold.entity_id, sold.currency_code, sold.quantity, sold.net_minor,
        case when not channels.is_reckoned then 'channel ' || sold.channel else coalesce(sold.sku, 'no SKU in ' || sold.channel) end as what
    from sold
    inner join channels using (entity_id, channel)
    where sold.is_open and not sold.is_known
),

compared as (
    select entity_id, currency_code, what, quantity, net_minor, 0 as times from lacking
    union all
    select entity_id, currency_code, what, -quantity, -net_revenue_minor, 1 from {{ ref('fct_unknown_costs') }}
)

select entity_id, currency_code, what, sum(quantity) as quantity, sum(net_minor) as net_minor
from compared
group by entity_id, currency_code, what
having sum(quantity) != 0 or sum(net_minor) != 0 or sum(times) != 1
