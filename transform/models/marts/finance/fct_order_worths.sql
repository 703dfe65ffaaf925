with

orders as (
    select order_id, currency_code, total_minor, tax_minor from {{ ref('can_orders') }} where not is_test
),

lines as (
    select
        order_id, {{ sum_minor('net_minor + tax_minor') }} as lines_minor, {{ sum_minor('tax_minor') }} as tax_minor,
        count(case when tax_minor != 0 then 1 end) as taxed_lines
    from {{ ref('can_order_lines') }}
    group by order_id
),

-- A header may round the tax of its lines, by at most one minor unit for each of them (TAX-06): the cent is owed to the state.
compared as (
    select
        orders.order_id, orders.currency_code, coalesce(lines.lines_minor, 0) as lines_minor, coalesce(lines.tax_minor, 0) as lines_tax_minor,
        orders.total_minor - coalesce(lines.lines_minor, 0) as unlisted_minor,
        case
            when abs(orders.tax_minor - coalesce(lines.tax_minor, 0)) <= lines.taxed_lines then orders.tax_minor - coalesce(lines.tax_minor, 0)
            else 0
        end as rounding_minor
    from orders
    left join lines using (order_id)
),

-- The buyer pays that cent where the total holds it; else it is ours.
charged as (
    select *, case when unlisted_minor = rounding_minor then rounding_minor else 0 end as charged_rounding_minor
    from compared
)

select
    order_id, currency_code, cast(lines_minor + charged_rounding_minor as bigint) as worth_minor,
    cast(lines_tax_minor + rounding_minor as bigint) as tax_minor, cast(rounding_minor - charged_rounding_minor as bigint) as borne_rounding_minor
from charged
