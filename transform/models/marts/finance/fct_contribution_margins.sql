with

sales as (
    select
        order_id, currency_code, max(entity_id) as entity_id, max(channel) as channel, max(order_number) as order_number,
        min(event_date) as first_date, {{ sum_minor('net_revenue_minor') }} as net_revenue_minor
    from {{ ref('fct_net_revenue') }}
    where order_id is not null
    group by order_id, currency_code
),

unit_costs as (
    select sku, min(unit_cost_minor) as unit_cost_minor, min(currency_code) as currency_code
    from {{ ref('can_products') }}
    where platform in ('cin7', 'files')
    group by sku
),

-- What went back on the shelf cost nothing; what came back and did not is lost.
units as (
    select order_id, sku, quantity from {{ ref('can_order_lines') }} where line_type = 'product'
    union all
    select refund_lines.order_id, refund_lines.sku, -refund_lines.quantity
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join {{ ref('can_refunds') }} as refunds using (refund_id)
    where refund_lines.line_type = 'product' and refund_lines.restock_type in ('restocked', 'cancelled') and refunds.refund_status = 'succeeded'
),

kept_units as (
    select order_id, sku, cast(sum(quantity) as bigint) as quantity from units group by order_id, sku
),

parcels as (
    select order_id, cost_minor, currency_code from {{ ref('fct_parcels') }} where order_id is not null and shipment_status != 'voided'
),

shipped as (
    select distinct order_id from parcels
),

fees as (
    select order_id, currency_code, {{ sum_minor('fee_minor') }} as fee_minor
    from {{ ref('fct_settlement_movements') }}
    where order_id is not null
    group by order_id, currency_code
),

payments as (
    select order_id, captured_minor != 0 and processor_charged_minor = 0 as is_fee_unknown from {{ ref('fct_order_reconciliation') }}
),

-- Every cost of an order; an empty amount is one nobody has told yet.
costs as (
    select kept_units.order_id, 'goods' as cost_type, unit_costs.currency_code, kept_units.quantity * unit_costs.unit_cost_minor as amount_minor
    from kept_units
    left join unit_costs using (sku)
    where kept_units.quantity != 0
    union all
    select order_id, 'shipping', currency_code, cost_minor from parcels
    union all
    select distinct kept_units.order_id, 'shipping', cast(null as varchar), cast(null as bigint)
    from kept_units
    left join shipped using (order_id)
    where shipped.order_id is null and kept_units.quantity != 0
    union all
    select order_id, 'fees', currency_code, fee_minor from fees
    union all
    select order_id, 'fees', cast(null as varchar), cast(null as bigint) from payments where is_fee_unknown
),

added as (
    select order_id, cost_type, currency_code, case when count(*) = count(amount_minor) then {{ sum_minor('amount_minor') }} end as amount_minor
    from costs
    group by order_id, cost_type, currency_code
),

-- A cost in another currency counts at the book rate of the day of the sale; without one it is missing (CUR-03).
valued as (
    select
        sales.order_id, sales.currency_code, added.cost_type,
        case when added.currency_code = sales.currency_code then added.amount_minor
            else {{ convert_minor('added.amount_minor', 'added.currency_code', 'sales.currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        end as amount_minor
    from sales
    inner join added on sales.order_id = added.order_id
    left join {{ ref('dim_fx_rates') }} as rates
        on added.currency_code = rates.from_currency_code and sales.currency_code = rates.to_currency_code
        and sales.first_date = rates.rate_date and rates.purpose = 'book'
),

{% set types = {'goods': 'goods_cost', 'shipping': 'shipping_cost', 'fees': 'fees'} -%}
sorted_costs as (
    select order_id, currency_code{% for type, column in types.items() %},
        case when count(case when cost_type = '{{ type }}' and amount_minor is null then 1 end) = 0
            then coalesce({{ sum_minor("case when cost_type = '" ~ type ~ "' then amount_minor end") }}, 0) end as {{ column }}_minor{% endfor %}
    from valued
    group by order_id, currency_code
)

select
    sales.order_id, sales.entity_id, sales.channel, sales.order_number, sales.first_date, {{ month_key('sales.first_date') }} as first_month,
    sales.currency_code, sales.net_revenue_minor
    {%- for column in types.values() %},
    case when sorted_costs.order_id is null then cast(0 as bigint) else sorted_costs.{{ column }}_minor end as {{ column }}_minor{% endfor %},
    sales.net_revenue_minor
    {%- for column in types.values() %} - case when sorted_costs.order_id is null then cast(0 as bigint) else sorted_costs.{{ column }}_minor end{% endfor %}
        as contribution_margin_minor,
    nullif(concat_ws(', '{% for type, column in types.items() %},
        case when sorted_costs.order_id is not null and sorted_costs.{{ column }}_minor is null then '{{ type }}' end{% endfor %}), '') as missing_costs
from sales
left join sorted_costs using (order_id, currency_code)
