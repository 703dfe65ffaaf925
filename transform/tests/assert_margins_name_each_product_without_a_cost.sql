{{ config(tags=['identity'], meta={'identity': 'margins', 'severity': 'blocks'}) }}
-- An order that lacks the cost of a product has no margin, and what it sold of that product is in fct_unknown_costs, unit by unit and cent by cent:
-- under the SKU, where some product of its channel has a cost, else under the channel.
-- A failure means that a margin is empty and nobody is told why, or that a case names a product whose cost is known.
with

lacking as (
    select orders.entity_id, lines.currency_code, orders.channel, lines.sku, lines.quantity, lines.net_minor, orders.order_id
    from {{ ref('can_order_lines') }} as lines
    inner join {{ ref('fct_contribution_margins') }} as orders using (order_id)
    where lines.line_type = 'product' and lines.quantity != 0 and orders.goods_cost_minor is null and orders.currency_code = lines.currency_code
        and not exists (
            select 1 from {{ ref('can_products') }} as products
            where products.sku = lines.sku and products.platform in ('cin7', 'files') and products.unit_cost_minor is not null
        )
),

told as (
    select entity_id, currency_code, sku, quantity, net_revenue_minor as net_minor from {{ ref('fct_unknown_costs') }}
),

compared as (
    select entity_id, currency_code, quantity, net_minor from lacking
    union all
    select entity_id, currency_code, -quantity, -net_minor from told
)

select entity_id, currency_code, 'units or cents' as trouble
from compared
group by entity_id, currency_code
having sum(quantity) != 0 or sum(net_minor) != 0
union all
select told.entity_id, told.currency_code, 'the SKU ' || told.sku
from told
left join (select entity_id, currency_code, sku, sum(quantity) as quantity from lacking group by entity_id, currency_code, sku) as sold
    on told.entity_id = sold.entity_id
    and told.currency_code = sold.currency_code
    and told.sku = sold.sku
where told.sku is not null and (sold.sku is null or told.quantity > sold.quantity)
