-- Where each SKU stands between its threshold and the margin above it. What was said about it is the ledger's to know.
with pools as (
    select * from {{ ref('fct_stock_pools') }}
),

-- The season of the newest count: a count of last week is judged by last week.
clock as (
    select cast(newest_count_at as date) as today from {{ ref('dim_stock_clock') }}
),

titles as (
    select sku, min(title) as title
    from {{ ref('can_products') }}
    group by sku
),

incoming as (
    select sku, cast(sum(incoming) as bigint) as incoming
    from {{ ref('fct_stock') }}
    where is_enabled
    group by sku
),

-- One whole row applies: its SKU before '*', a season before the whole year, the season that began last.
candidates as (
    select
        pools.sku,
        pools.pool,
        pools.as_of_at,
        thresholds.threshold,
        thresholds.margin,
        thresholds.season_from,
        thresholds.season_until,
        row_number() over (
            partition by pools.sku
            order by
                case when thresholds.sku = '*' then 1 else 0 end,
                case when thresholds.season_from = '01-01' and thresholds.season_until = '12-31' then 1 else 0 end,
                thresholds.season_from desc,
                thresholds.season_until
        ) as preference
    from pools
    cross join clock
    inner join {{ ref('low_stock_thresholds') }} as thresholds
        on
            thresholds.sku in (pools.sku, '*')
            and {{ in_season('clock.today', 'thresholds.season_from', 'thresholds.season_until') }}
),

low_stock as (
    select
        candidates.sku,
        coalesce(titles.title, candidates.sku) as title,
        case
            when candidates.pool <= candidates.threshold then 'low'
            when candidates.pool <= candidates.threshold + candidates.margin then 'between'
            else 'enough'
        end as low_stock_status,
        cast(candidates.pool as bigint) as pool,
        coalesce(incoming.incoming, 0) as incoming,
        candidates.threshold,
        candidates.margin,
        candidates.season_from,
        candidates.season_until,
        candidates.as_of_at
    from candidates
    left join titles on candidates.sku = titles.sku
    left join incoming on candidates.sku = incoming.sku
    where candidates.preference = 1
)

select * from low_stock
