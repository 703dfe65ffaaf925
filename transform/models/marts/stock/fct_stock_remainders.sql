-- What a count says beyond the movements of the same system (S-01). Only places whose counting system keeps a book.
with books as (
    select distinct platform, sku, location_id
    from {{ ref('can_stock_movements') }}
),

remainders as (
    select
        levels.sku,
        levels.location_id,
        levels.owner_platform,
        levels.counted,
        coalesce(days.closing, 0) as by_movements,
        levels.counted - coalesce(days.closing, 0) as units,
        'STK-00' as stock_reason_code,
        levels.as_of_at
    from {{ ref('fct_stock_levels') }} as levels
    inner join books
        on levels.owner_platform = books.platform and levels.sku = books.sku and levels.location_id = books.location_id
    left join {{ ref('fct_stock_days') }} as days
        on levels.sku = days.sku and levels.location_id = days.location_id and days.is_newest
)

select * from remainders
where units <> 0
