{{ config(tags=['identity'], meta={'identity': 'S-11', 'severity': 'blocks'}) }}
-- S-11: warehouse − hub and hub − channel are the sums of their rows, to the unit. A failure means that two systems differ
-- by units no row accounts for. It does not say which of them is right.
with rows_between as (
    select sku, channel, between_systems, cast(sum(units) as bigint) as units
    from {{ ref('fct_stock_differences') }}
    group by sku, channel, between_systems
)

select ends.sku, ends.channel, 'hub - channel' as between_systems, ends.hub_free - ends.channel_units as gap, rows_between.units
from {{ ref('fct_stock_ends') }} as ends
left join rows_between
    on ends.sku = rows_between.sku and ends.channel = rows_between.channel and rows_between.between_systems = 'hub - channel'
where ends.hub_free - ends.channel_units <> coalesce(rows_between.units, 0)
union all
select ends.sku, ends.channel, 'warehouse - hub', ends.warehouse_on_hand - ends.hub_on_hand, rows_between.units
from {{ ref('fct_stock_ends') }} as ends
left join rows_between on ends.sku = rows_between.sku and rows_between.between_systems = 'warehouse - hub'
where ends.warehouse_on_hand - ends.hub_on_hand <> coalesce(rows_between.units, 0)
