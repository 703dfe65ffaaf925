{#- The only place where a number of one SKU depends on other SKUs; nothing in it follows the wall clock or the day RFM is asked for. -#}
with newest_order as (
    select max(order_date) as newest_order_date
    from {{ ref('can_orders') }}
    where not is_test
),

newest_count as (
    select max(as_of_at) as newest_count_at
    from {{ ref('can_stock_levels') }}
),

clock as (
    select newest_order.newest_order_date, newest_count.newest_count_at
    from newest_order
    cross join newest_count
)

select * from clock
