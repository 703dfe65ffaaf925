{{ config(tags=['identity'], meta={'identity': 'S-01', 'severity': 'blocks'}) }}
-- S-01: per SKU × location whose counting system keeps a book: its count = the sum of its movements + the rows that say
-- what nobody can explain. A failure means that units appear or vanish without a row. It does not say that the shelf is right.
with summed as (
    select sku, location_id, cast(sum(units) as bigint) as units
    from {{ ref('fct_stock_movements') }}
    where book in ('hub', 'both')
    group by sku, location_id
),

remainders as (
    select sku, location_id, cast(sum(units) as bigint) as units
    from {{ ref('fct_stock_remainders') }}
    group by sku, location_id
)

select levels.sku, levels.location_id, levels.counted, summed.units as moved, remainders.units as unexplained
from {{ ref('fct_stock_levels') }} as levels
inner join (select distinct platform, sku, location_id from {{ ref('can_stock_movements') }}) as books
    on levels.owner_platform = books.platform and levels.sku = books.sku and levels.location_id = books.location_id
left join summed on levels.sku = summed.sku and levels.location_id = summed.location_id
left join remainders on levels.sku = remainders.sku and levels.location_id = remainders.location_id
where levels.counted <> coalesce(summed.units, 0) + coalesce(remainders.units, 0)
