-- A unit is set aside once: the pool serves the channels in the order of their priority, as far as it reaches.
with wanted as (
    select
        policies.sku,
        policies.channel,
        policies.hard as allocated,
        pools.pool,
        coalesce(channels.priority, 100) as channel_priority
    from {{ ref('fct_channel_policies') }} as policies
    inner join {{ ref('fct_stock_pools') }} as pools on policies.sku = pools.sku
    left join {{ ref('channels') }} as channels on policies.channel = channels.channel
    where policies.hard > 0
),

queued as (
    select
        *,
        sum(allocated) over (partition by sku order by channel_priority, channel rows unbounded preceding) - allocated as allocated_before
    from wanted
),

allocations as (
    select
        sku,
        channel,
        channel_priority,
        allocated,
        cast(greatest(0, least(allocated, pool - allocated_before)) as bigint) as covered
    from queued
)

select * from allocations
