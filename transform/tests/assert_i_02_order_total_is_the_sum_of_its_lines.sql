{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-02', 'severity': 'blocks'}) }}
-- I-02: an order's total is the sum of its lines, tax included, and of the cents by which its header rounds the tax (fct_tax_roundings);
-- shipping, tips and gift cards are lines too.
-- A failure means that a mapping lost a line or an amount, or that the source contradicts itself. It does not mean that the order is unpaid.
with

lines as (
    select order_id, currency_code, {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from {{ ref('can_order_lines') }}
    group by order_id, currency_code
)

select orders.order_id, orders.currency_code, orders.total_minor, lines.lines_minor
from {{ ref('can_orders') }} as orders
left join lines
    on orders.order_id = lines.order_id
    and orders.currency_code = lines.currency_code
left join {{ ref('fct_tax_roundings') }} as roundings
    on orders.order_id = roundings.order_id
where orders.total_minor - coalesce(lines.lines_minor, 0) not in (0, coalesce(roundings.rounding_minor, 0))
