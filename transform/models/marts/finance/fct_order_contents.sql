with

orders as (
    select * from {{ ref('fct_order_reconciliation') }}
),

contents as (
    select
        order_id,
        {{ sum_minor('tax_minor') }} as tax_minor,
        {{ sum_minor("case when line_type = 'gift_card' then net_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when line_type in ('tip', 'duty') then net_minor else 0 end") }} as tip_minor,
        {{ sum_minor("case when line_type = 'cash_rounding' then net_minor else 0 end") }} as cash_rounding_minor,
        {{ sum_minor("case when line_type in ('product', 'shipping', 'fee') then net_minor else 0 end") }} as revenue_minor,
        {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from {{ ref('can_order_lines') }}
    group by order_id
)

select
    orders.order_id, orders.entity_id, orders.channel, orders.order_number, orders.order_date, orders.order_month, orders.currency_code,
    orders.recognition_policy, orders.recognised_date, orders.is_processor_connected, orders.is_cancelled,
    coalesce(contents.tax_minor, 0) as tax_minor,
    coalesce(contents.gift_card_minor, 0) as gift_card_minor,
    coalesce(contents.tip_minor, 0) as tip_minor,
    coalesce(contents.cash_rounding_minor, 0) as cash_rounding_minor,
    coalesce(contents.revenue_minor, 0) as revenue_minor,
    case when orders.total_minor - contents.lines_minor = roundings.rounding_minor then roundings.rounding_minor else 0 end as tax_rounding_minor,
    case when orders.total_minor - contents.lines_minor = roundings.rounding_minor then 0
        else orders.total_minor - coalesce(contents.lines_minor, 0) end as unlisted_minor
from orders
left join contents using (order_id)
left join {{ ref('fct_tax_roundings') }} as roundings
    on orders.order_id = roundings.order_id
