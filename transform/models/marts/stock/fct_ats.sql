with pools as (
    select * from {{ ref('fct_stock_pools') }}
),

policies as (
    select * from {{ ref('channel_policies') }}
),

channels as (
    select channel from {{ ref('accounts') }} where channel is not null
    union
    select channel from policies where channel <> '*'
),

-- One whole row applies: its SKU before its channel, the exact name before '*'.
candidates as (
    select
        pools.sku,
        channels.channel,
        policies.channel || ' / ' || policies.sku as policy,
        policies.share_percent,
        policies.buffer,
        policies.hard_allocation,
        policies.hard_from,
        policies.hard_until,
        policies.max_listed,
        policies.end_when,
        row_number() over (
            partition by pools.sku, channels.channel
            order by case when policies.sku = '*' then 1 else 0 end, case when policies.channel = '*' then 1 else 0 end
        ) as preference
    from pools
    cross join channels
    left join policies
        on policies.sku in (pools.sku, '*') and policies.channel in (channels.channel, '*')
),

allocation_sales as (
    select candidates.sku, candidates.channel, cast(sum(order_lines.quantity) as bigint) as sold
    from candidates
    inner join {{ ref('can_order_lines') }} as order_lines on candidates.sku = order_lines.sku
    inner join {{ ref('can_orders') }} as orders
        on order_lines.order_id = orders.order_id and candidates.channel = orders.channel
    where
        candidates.preference = 1
        and candidates.hard_allocation > 0
        and order_lines.line_type = 'product'
        and not orders.is_test
        and orders.cancelled_at is null
        and orders.order_date >= candidates.hard_from
        and orders.order_date <= coalesce(candidates.hard_until, orders.order_date)
    group by candidates.sku, candidates.channel
),

allocations as (
    select
        candidates.*,
        case
            when clock.newest_order_date < candidates.hard_from or clock.newest_order_date > candidates.hard_until then 0
            else greatest(0, coalesce(candidates.hard_allocation, 0) - coalesce(allocation_sales.sold, 0))
        end as hard
    from candidates
    cross join {{ ref('dim_stock_clock') }} as clock
    left join allocation_sales
        on candidates.sku = allocation_sales.sku and candidates.channel = allocation_sales.channel
    where candidates.preference = 1
),

shared_pools as (
    select
        pools.*,
        allocations.channel,
        allocations.policy,
        coalesce(allocations.share_percent, 100) as share_percent,
        coalesce(allocations.buffer, 0) as buffer,
        allocations.hard,
        sum(allocations.hard) over (partition by pools.sku) as hard_total,
        pools.pool - sum(allocations.hard) over (partition by pools.sku) as shared,
        allocations.max_listed,
        allocations.end_when
    from pools
    inner join allocations on pools.sku = allocations.sku
),

offers as (
    select
        *,
        hard + {{ floor_divide('cast(share_percent * greatest(0, shared - buffer) as bigint)', '100') }} as offer
    from shared_pools
),

ats as (
    select
        sku,
        channel,
        cast(
            case when least(offer, coalesce(max_listed, offer)) <= greatest(0, coalesce(end_when, 0)) then 0
                else least(offer, coalesce(max_listed, offer)) end
            as bigint
        ) as ats,
        cast(locations as bigint) as locations,
        cast(available as bigint) as available,
        cast(checkout_holds as bigint) as checkout_holds,
        cast(in_flight as bigint) as in_flight,
        cast(pool as bigint) as pool,
        cast(hard as bigint) as hard,
        cast(hard_total as bigint) as hard_total,
        cast(shared as bigint) as shared,
        cast(buffer as bigint) as buffer,
        cast(share_percent as bigint) as share_percent,
        cast(offer as bigint) as offer,
        cast(max_listed as bigint) as max_listed,
        cast(greatest(0, coalesce(end_when, 0)) as bigint) as end_when,
        coalesce(policy, 'none: everything, no buffer') as policy,
        as_of_at
    from offers
)

select * from ats
