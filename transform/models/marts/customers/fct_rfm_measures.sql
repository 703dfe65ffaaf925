{%- set window_months = var('rfm_window_months') | string -%}
{%- set merge_seconds = (var('rfm_merge_minutes') | int) * 60 -%}
{#- Whole months: months apart first, then the day of the month. -#}
with orders as (
    select orders.*
    from {{ ref('fct_customer_orders') }} as orders
    where
        orders.identity_rule <> 'order'
        and orders.qualification not in ('test', 'cancelled', 'after_as_of', 'not_captured')
),

windowed as (
    select
        *,
        {% if window_months == 'all' -%}
            true
        {%- else -%}
            {{ month_number('as_of_date') }} - {{ month_number('order_date') }} < {{ window_months | int }}
            or (
                {{ month_number('as_of_date') }} - {{ month_number('order_date') }} = {{ window_months | int }}
                and extract(day from order_date) > extract(day from as_of_date)
            )
        {%- endif %} as is_in_window
    from orders
),

-- Split checkouts: an order within the minutes of the one before it, same customer and same address, is that one going
-- on; a chain of such orders is one. Orders without an address are never merged.
sequenced as (
    select
        *,
        lag(placed_at) over (
            partition by customer_id, shipping_address_key, is_qualifying and is_in_window order by placed_at, order_id
        ) as previous_at
    from windowed
),

counted as (
    select
        *,
        is_qualifying and is_in_window as counts,
        case
            when shipping_address_key is null or previous_at is null or {{ merge_seconds }} = 0 then true
            else {{ seconds_between('previous_at', 'placed_at') }} > {{ merge_seconds }}
        end as starts_a_purchase
    from sequenced
),

measured as (
    select
        counted.customer_id,
        max(counted.as_of_date) as as_of_date,
        max(case when counted.counts then counted.order_date end) as last_order_date,
        cast(sum(case when counted.counts and counted.starts_a_purchase then 1 else 0 end) as bigint) as frequency,
        -- Money that came back lowers the sum also where its order no longer counts: parties add up to net revenue.
        cast(sum(case
            when counted.is_in_window and counted.qualification <> 'dispute_lost' and counted.currency_code = customers.currency_code
                then counted.net_revenue_as_of_minor
            else 0
        end) as bigint) as monetary_minor,
        cast(sum(case when counted.counts then 1 else 0 end) as bigint) as orders_in_window,
        bool_or(counted.is_qualifying) as has_ever_qualified,
        bool_or(counted.is_in_window and counted.refunded_minor > 0) as has_refunds
    from counted
    inner join {{ ref('dim_customers') }} as customers on counted.customer_id = customers.customer_id
    group by counted.customer_id
),

as_of as (
    select {{ as_of_date() }} as as_of_date
),

measures as (
    select
        customers.customer_id,
        as_of.as_of_date,
        case when customers.is_b2b then 'business' else 'consumer' end as audience,
        customers.currency_code,
        {{ days_between('measured.last_order_date', 'as_of.as_of_date') }} as recency_days,
        coalesce(measured.frequency, 0) as frequency,
        coalesce(measured.monetary_minor, 0) as monetary_minor,
        coalesce(measured.orders_in_window, 0) as orders_in_window,
        case
            when measured.customer_id is null then 'Prospect'
            when measured.orders_in_window > 0 and not (measured.monetary_minor <= 0 and measured.has_refunds) then 'grid'
            when measured.orders_in_window > 0 or not measured.has_ever_qualified then 'Returned-everything'
            else 'Outside window'
        end as population
    from {{ ref('dim_customers') }} as customers
    cross join as_of
    left join measured on customers.customer_id = measured.customer_id
    where customers.is_resolvable
)

select * from measures
