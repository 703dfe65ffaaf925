with

unit_costs as (
    select sku, min(unit_cost_minor) as unit_cost_minor
    from {{ ref('can_products') }}
    where platform in ('cin7', 'files')
    group by sku
),

margins as (
    select order_id, currency_code, entity_id, channel, first_date, goods_cost_minor is null as is_margin_open from {{ ref('fct_contribution_margins') }}
),

sold as (
    select
        margins.entity_id, margins.channel, lines.sku, lines.currency_code, lines.order_id, margins.first_date, margins.is_margin_open, lines.quantity, lines.net_minor,
        unit_costs.unit_cost_minor is not null as is_cost_known
    from {{ ref('can_order_lines') }} as lines
    inner join margins
        on lines.order_id = margins.order_id
        and lines.currency_code = margins.currency_code
    left join unit_costs on lines.sku = unit_costs.sku
    where lines.line_type = 'product' and lines.quantity != 0
),

-- A channel none of whose products has a cost is not reckoned with yet: one row for all of it, not one a product.
reckoned as (
    select distinct entity_id, channel from sold where is_cost_known
),

named as (
    select
        sold.*, case when reckoned.channel is not null then sold.sku end as known_sku,
        case
            when reckoned.channel is null then 'channel ' || sold.channel
            when sold.sku is null then 'no SKU in ' || sold.channel
            else sold.sku
        end as what
    from sold
    left join reckoned
        on sold.entity_id = reckoned.entity_id
        and sold.channel = reckoned.channel
    where not sold.is_cost_known and sold.is_margin_open
)

select
    entity_id || ':' || what || ':' || currency_code as unknown_cost_id, entity_id, what, max(known_sku) as sku, currency_code,
    count(distinct order_id) as orders, cast(sum(quantity) as bigint) as quantity, {{ sum_minor('net_minor') }} as net_revenue_minor,
    min(first_date) as first_date, max(first_date) as last_date
from named
group by entity_id, what, currency_code
