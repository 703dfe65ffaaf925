-- Warehouse − hub, by what other systems saw and the counting system did not write down, or the other way round. Per SKU from
-- the first line of the hub's book on; a SKU without a book has nothing to compare.
with opened as (
    select sku, min(moved_at) as opened_at
    from {{ ref('can_stock_movements') }}
    group by sku
),

compared as (
    select
        movements.sku,
        movements.movement_type,
        cast(sum(case when movements.book = 'warehouse' then movements.units else -movements.units end) as bigint) as units
    from {{ ref('fct_stock_movements') }} as movements
    inner join opened on movements.sku = opened.sku
    where movements.book in ('warehouse', 'hub') and movements.moved_at >= opened.opened_at
    group by movements.sku, movements.movement_type
),

differences as (
    select
        sku,
        case
            when movement_type = 'shipment' then 'STK-22'
            when movement_type = 'receipt' then 'STK-09'
            when movement_type = 'count' then 'STK-07'
            when units > 0 then 'STK-05'
            else 'STK-04'
        end as stock_reason_code,
        movement_type as term,
        units
    from compared
    union all
    select sku, stock_reason_code, 'count', cast(-sum(units) as bigint) as units
    from {{ ref('fct_stock_remainders') }}
    group by sku, stock_reason_code
)

select sku, stock_reason_code, term, units
from differences
where units <> 0
