{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'margins', 'severity': 'blocks'}) }}
-- A margin is open for want of a cost exactly where one is missing: of goods kept, where their SKU has none; of shipping, where goods are kept and no parcel
-- is known, or one without its cost; of fees, where money was captured that no processor charged. A cost in another currency may lack its rate besides.
-- A failure means that an order looks more profitable than anybody knows, or that a cost which was told is asked for.
with

margins as (
    select order_id, currency_code, coalesce(missing_costs, '') as missing_costs from {{ ref('fct_contribution_margins') }}
),

costs as (
    select sku, min(unit_cost_minor) as unit_cost_minor, min(currency_code) as currency_code
    from {{ ref('can_products') }}
    where platform in ('cin7', 'files')
    group by sku
),

gone as (
    select order_id, sku, quantity from {{ ref('can_order_lines') }} where line_type = 'product'
    union all
    select lines.order_id, lines.sku, -lines.quantity
    from {{ ref('can_refund_lines') }} as lines
    inner join {{ ref('can_refunds') }} as refunds on lines.refund_id = refunds.refund_id and refunds.refund_status = 'succeeded'
    where lines.line_type = 'product' and lines.restock_type in ('restocked', 'cancelled')
),

kept as (
    select order_id, sku from gone group by order_id, sku having sum(quantity) != 0
),

parcels as (
    select order_id, max(case when cost_minor is null then 1 else 0 end) as lacks_cost, min(currency_code) as currency_code, max(currency_code) as other_code
    from {{ ref('fct_parcels') }}
    where order_id is not null and shipment_status != 'voided'
    group by order_id
),

fees as (
    select order_id, min(currency_code) as currency_code, max(currency_code) as other_code
    from {{ ref('fct_settlement_movements') }}
    where order_id is not null
    group by order_id
),

lacking as (
    select kept.order_id, 'goods' as cost_type from kept left join costs using (sku) where costs.unit_cost_minor is null
    union
    select kept.order_id, 'shipping' from kept left join parcels using (order_id) where parcels.order_id is null
    union
    select order_id, 'shipping' from parcels where lacks_cost = 1
    union
    select order_id, 'fees' from {{ ref('fct_order_reconciliation') }} where captured_minor != 0 and processor_charged_minor = 0
),

-- Costs in a currency other than the order's, or in several.
foreign_costs as (
    select kept.order_id, 'goods' as cost_type, costs.currency_code, costs.currency_code as other_code from kept inner join costs using (sku)
    union
    select order_id, 'shipping', currency_code, other_code from parcels
    union
    select order_id, 'fees', currency_code, other_code from fees
),

stated as (
    {%- for cost_type in ['goods', 'shipping', 'fees'] %}
    select order_id, currency_code, '{{ cost_type }}' as cost_type, ', ' || missing_costs || ',' like '%, {{ cost_type }},%' as is_missing from margins
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select stated.order_id, stated.currency_code, stated.cost_type
from stated
left join lacking
    on stated.order_id = lacking.order_id
    and stated.cost_type = lacking.cost_type
where (lacking.order_id is not null and not stated.is_missing)
    or (
        lacking.order_id is null and stated.is_missing
        and not exists (
            select 1 from foreign_costs as others
            where others.order_id = stated.order_id and others.cost_type = stated.cost_type
                and (others.currency_code is distinct from stated.currency_code or others.other_code is distinct from stated.currency_code)
        )
    )
