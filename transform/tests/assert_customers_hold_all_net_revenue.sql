{{ config(meta={'spares': 'goods'}) }}
-- I-21: net revenue over customers = net revenue over lines, per currency, for orders this warehouse has. A failure
-- means that an order has no customer or two; it says nothing about the revenue itself.
with customers as (
    select currency_code, {{ sum_minor('net_revenue_minor') }} as customer_minor
    from {{ ref('fct_customer_revenue') }}
    group by currency_code
),

lines as (
    select revenue.currency_code, {{ sum_minor('revenue.net_revenue_minor') }} as line_minor
    from {{ ref('fct_net_revenue') }} as revenue
    inner join {{ ref('can_orders') }} as orders
        on revenue.order_id = orders.order_id and revenue.currency_code = orders.currency_code
    group by revenue.currency_code
)

select coalesce(customers.currency_code, lines.currency_code) as currency_code, customers.customer_minor, lines.line_minor
from customers
full outer join lines on customers.currency_code = lines.currency_code
where coalesce(customers.customer_minor, 0) <> coalesce(lines.line_minor, 0)
