-- One whole row applies: its SKU before its channel, the exact name before '*'.
with sellable as (
    select sku from {{ ref('fct_stock_pools') }}
    union
    select bundle_sku as sku from {{ ref('dim_bundle_components') }}
),

policies as (
    select * from {{ ref('channel_policies') }}
),

channels as (
    select channel from {{ ref('accounts') }} where channel is not null
    union
    select channel from policies where channel <> '*'
),

fitting as (
    select
        sellable.sku,
        channels.channel,
        policies.channel || ' / ' || policies.sku as policy,
        policies.share_percent,
        policies.buffer,
        policies.oversell_target_ppm,
        policies.hard_allocation,
        policies.hard_from,
        policies.hard_until,
        policies.min_listed,
        policies.max_listed,
        policies.end_when,
        case when policies.sku = '*' then 2 else 0 end + case when policies.channel = '*' then 1 else 0 end as distance
    from sellable
    cross join channels
    left join policies
        on policies.sku in (sellable.sku, '*') and policies.channel in (channels.channel, '*')
),

nearest as (
    select sku, channel, min(distance) as distance
    from fitting
    group by sku, channel
),

candidates as (
    select fitting.*
    from fitting
    inner join nearest
        on fitting.sku = nearest.sku and fitting.channel = nearest.channel and fitting.distance = nearest.distance
),

allocation_sales as (
    select candidates.sku, candidates.channel, cast(sum(units.ordered) as bigint) as sold
    from candidates
    inner join {{ ref('fct_order_units') }} as units on candidates.sku = units.sku
    inner join {{ ref('can_orders') }} as orders
        on units.order_id = orders.order_id and candidates.channel = orders.channel
    where
        candidates.hard_allocation > 0
        and not orders.is_test
        and orders.cancelled_at is null
        and orders.order_date >= candidates.hard_from
        and orders.order_date <= coalesce(candidates.hard_until, orders.order_date)
    group by candidates.sku, candidates.channel
),

applied as (
    select
        candidates.sku,
        candidates.channel,
        candidates.policy,
        coalesce(candidates.share_percent, 100) as share_percent,
        coalesce(candidates.buffer, 0) as fixed_buffer,
        candidates.oversell_target_ppm,
        cast(
            case
                when clock.newest_order_date < candidates.hard_from or clock.newest_order_date > candidates.hard_until then 0
                else greatest(0, coalesce(candidates.hard_allocation, 0) - coalesce(allocation_sales.sold, 0))
            end as bigint
        ) as hard,
        coalesce(candidates.min_listed, 0) as min_listed,
        candidates.max_listed,
        greatest(0, coalesce(candidates.end_when, 0)) as end_when
    from candidates
    cross join {{ ref('dim_stock_clock') }} as clock
    left join allocation_sales
        on candidates.sku = allocation_sales.sku and candidates.channel = allocation_sales.channel
)

select * from applied
