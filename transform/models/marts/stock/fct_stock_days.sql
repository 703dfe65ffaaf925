with daily as (
    select sku, location_id, cast(moved_at as date) as stock_date, cast(sum(units) as bigint) as moved
    from {{ ref('fct_stock_movements') }}
    where book in ('hub', 'both')
    group by sku, location_id, cast(moved_at as date)
),

running as (
    select
        sku,
        location_id,
        stock_date,
        moved,
        cast(sum(moved) over (
            partition by sku, location_id order by stock_date nulls first rows unbounded preceding
        ) as bigint) as closing
    from daily
),

days as (
    select
        sku, location_id, stock_date, closing - moved as opening, moved, closing,
        row_number() over (partition by sku, location_id order by stock_date desc nulls last) = 1 as is_newest
    from running
)

select * from days
