{# CTE `busiest`: of each SKU × channel of the CTE `wanted`, what the other channels sold on the busiest of the last days. #}
{% macro busiest_days_elsewhere(wanted) -%}
-- Days of the newest order and the few before it; a channel's own sales are no risk to it.
days_elsewhere as (
    select {{ wanted }}.sku, {{ wanted }}.channel, orders.order_date, cast(sum(units.ordered) as bigint) as units
    from {{ wanted }}
    inner join {{ ref('fct_order_units') }} as units on {{ wanted }}.sku = units.sku
    inner join {{ ref('can_orders') }} as orders on units.order_id = orders.order_id
    cross join {{ ref('dim_stock_clock') }} as clock
    where
        coalesce(orders.channel, '') <> {{ wanted }}.channel
        and not orders.is_test
        and orders.order_date > {{ add_days('clock.newest_order_date', '-' ~ var('sales_rate_days')) }}
    group by {{ wanted }}.sku, {{ wanted }}.channel, orders.order_date
),

busiest as (
    select sku, channel, max(units) as units_per_day
    from days_elsewhere
    group by sku, channel
)
{%- endmacro %}
