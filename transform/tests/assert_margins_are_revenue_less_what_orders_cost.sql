{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'margins', 'severity': 'blocks'}) }}
-- The margin of an order is its revenue less the costs its own rows tell, each cost added up row by row; a margin is empty exactly where a cost is.
-- What is told in one other currency is worth what the book rate of the order's first day makes of it.
-- A failure means that a cost was lost, doubled or taken for nought. Costs in several currencies are not reckoned again here.
with

margins as (
    select * from {{ ref('fct_contribution_margins') }}
),

unit_costs as (
    select sku, min(unit_cost_minor) as unit_cost_minor, min(currency_code) as currency_code
    from {{ ref('can_products') }}
    where platform in ('cin7', 'files')
    group by sku
),

told as (
    select lines.order_id, 'goods' as cost_type, unit_costs.currency_code, lines.quantity * unit_costs.unit_cost_minor as amount_minor
    from {{ ref('can_order_lines') }} as lines
    inner join unit_costs using (sku)
    where lines.line_type = 'product'
    union all
    select lines.order_id, 'goods', unit_costs.currency_code, -lines.quantity * unit_costs.unit_cost_minor
    from {{ ref('can_refund_lines') }} as lines
    inner join {{ ref('can_refunds') }} as refunds on lines.refund_id = refunds.refund_id and refunds.refund_status = 'succeeded'
    inner join unit_costs using (sku)
    where lines.line_type = 'product' and lines.restock_type != 'not_restocked'
    union all
    select order_id, 'shipping', currency_code, cost_minor from {{ ref('fct_parcels') }} where shipment_status != 'voided'
    union all
    select order_id, 'fees', currency_code, fee_minor from {{ ref('fct_settlement_movements') }}
),

costs as (
    select order_id, cost_type, min(currency_code) as currency_code, max(currency_code) as other_currency_code, {{ sum_minor('amount_minor') }} as amount_minor
    from told
    where amount_minor != 0
    group by order_id, cost_type
),

stated as (
    {%- for cost_type, column in [('goods', 'goods_cost_minor'), ('shipping', 'shipping_cost_minor'), ('fees', 'fees_minor')] %}
    select order_id, currency_code, first_date, '{{ cost_type }}' as cost_type, {{ column }} as amount_minor from margins
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

revenue as (
    select order_id, currency_code, {{ sum_minor('net_revenue_minor') }} as net_revenue_minor
    from {{ ref('fct_net_revenue') }}
    where order_id is not null
    group by order_id, currency_code
)

select stated.order_id, stated.currency_code, stated.cost_type as what, stated.amount_minor as stated_minor, costs.amount_minor as told_minor
from stated
left join costs on stated.order_id = costs.order_id and stated.cost_type = costs.cost_type
where stated.amount_minor != coalesce(costs.amount_minor, 0)
    and (costs.order_id is null or (costs.currency_code = stated.currency_code and costs.other_currency_code = stated.currency_code))
union all
select stated.order_id, stated.currency_code, stated.cost_type, stated.amount_minor, costs.amount_minor
from stated
inner join costs on stated.order_id = costs.order_id and stated.cost_type = costs.cost_type
left join {{ ref('dim_fx_rates') }} as rates
    on costs.currency_code = rates.from_currency_code
    and stated.currency_code = rates.to_currency_code
    and stated.first_date = rates.rate_date
    and rates.purpose = 'book'
where costs.currency_code != stated.currency_code and costs.currency_code = costs.other_currency_code
    and stated.amount_minor != {{ convert_minor('costs.amount_minor', 'costs.currency_code', 'stated.currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
union all
select margins.order_id, margins.currency_code, 'margin', margins.contribution_margin_minor, revenue.net_revenue_minor
from margins
full outer join revenue on margins.order_id = revenue.order_id and margins.currency_code = revenue.currency_code
where margins.order_id is null or revenue.order_id is null or margins.net_revenue_minor != revenue.net_revenue_minor
    or margins.contribution_margin_minor
        != margins.net_revenue_minor - margins.goods_cost_minor - margins.shipping_cost_minor - margins.fees_minor
    or (margins.contribution_margin_minor is null) != (margins.missing_costs is not null)
    or (margins.missing_costs is null) != (margins.goods_cost_minor is not null and margins.shipping_cost_minor is not null and margins.fees_minor is not null)
