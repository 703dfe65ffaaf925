{{ config(meta={'spares': 'goods'}) }}
/*
    A failing row is a Shopify order whose lines (goods, gift cards, shipping, tips, fees, duties) do not add up to what
    the order says of itself: a line was not loaded, or a kind of money is not mapped. The cents by which a header rounds the tax,
    at most one for each taxed line, are allowed (TAX-06). It says nothing about payments.
*/
with

orders as (
    select * from {{ ref('can_orders__shopify') }}
),

stated as (
    select account_id, platform_order_id, discount_minor from {{ ref('stg_shopify__orders') }}
),

parts as (
    select
        order_id,
        {{ sum_minor('net_minor + tax_minor') }} as total_minor,
        {{ sum_minor('tax_minor') }} as tax_minor,
        count(case when tax_minor != 0 then 1 end) as taxed_lines,
        {{ sum_minor('discount_minor') }} as discount_minor
    from {{ ref('can_order_lines__shopify') }}
    group by order_id
)

select
    orders.order_id,
    orders.total_minor,
    parts.total_minor as parts_total_minor,
    orders.tax_minor,
    parts.tax_minor as parts_tax_minor,
    stated.discount_minor,
    parts.discount_minor as parts_discount_minor
from orders
inner join stated on orders.account_id = stated.account_id and orders.platform_order_id = stated.platform_order_id
left join parts on orders.order_id = parts.order_id
where
    orders.total_minor - coalesce(parts.total_minor, 0) not in (0, orders.tax_minor - coalesce(parts.tax_minor, 0))
    or abs(orders.tax_minor - coalesce(parts.tax_minor, 0)) > coalesce(parts.taxed_lines, 0)
    or orders.total_minor is null
    or orders.tax_minor is null
    or coalesce(stated.discount_minor, 0) <> coalesce(parts.discount_minor, 0)
