with

orders as (
    select order_id, currency_code, total_minor from {{ ref('can_orders') }} where not is_test
),

lines as (
    select order_id, {{ sum_minor('net_minor + tax_minor') }} as lines_minor, {{ sum_minor('tax_minor') }} as tax_minor
    from {{ ref('can_order_lines') }}
    group by order_id
),

roundings as (
    select order_id, rounding_minor from {{ ref('fct_tax_roundings') }}
),

-- The cent by which a header rounds its tax (TAX-06) is owed to the state. The buyer pays it where the total holds it; else it is ours.
charged as (
    select
        orders.order_id, orders.currency_code, coalesce(lines.lines_minor, 0) as lines_minor, coalesce(lines.tax_minor, 0) as lines_tax_minor,
        coalesce(roundings.rounding_minor, 0) as rounding_minor,
        case
            when orders.total_minor - coalesce(lines.lines_minor, 0) = roundings.rounding_minor then roundings.rounding_minor else 0
        end as charged_rounding_minor
    from orders
    left join lines using (order_id)
    left join roundings using (order_id)
)

select
    order_id, currency_code, cast(lines_minor + charged_rounding_minor as bigint) as worth_minor,
    cast(lines_tax_minor + rounding_minor as bigint) as tax_minor, cast(rounding_minor - charged_rounding_minor as bigint) as borne_rounding_minor
from charged
