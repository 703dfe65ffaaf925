-- Measured beats assumed: the worst hourly p99 of the newest 24 hours in which the fast lane pushed to the channel's platform,
-- each delivery from what happened elsewhere, not from when we heard of it: a platform that is asked now and then, or tells
-- late, leaves this one selling all the while.
with channels as (
    select channel, min(platform) as platform
    from {{ ref('accounts') }}
    where channel is not null
    group by channel
    union
    -- A platform without a row of its own is a channel of its own name.
    select channel, channel as platform
    from {{ ref('channel_policies') }}
    where channel <> '*' and channel not in (select channel from {{ ref('accounts') }} where channel is not null)
),

hours as (
    select
        destination,
        exposed_p99_ms as p99_ms,
        dense_rank() over (partition by destination order by hour_at desc) as newest_first
    from {{ ref('fct_push_latencies') }}
),

measured as (
    select destination, max(p99_ms) as p99_ms
    from hours
    where newest_first <= 24
    group by destination
),

assumed as (
    select
        channels.channel,
        assumed_latencies.p99_ms,
        row_number() over (
            partition by channels.channel order by case when assumed_latencies.channel = '*' then 1 else 0 end
        ) as preference
    from channels
    inner join {{ ref('assumed_latencies') }} as assumed_latencies on assumed_latencies.channel in (channels.channel, '*')
),

latencies as (
    select
        channels.channel,
        cast(coalesce(measured.p99_ms, assumed.p99_ms) as bigint) as p99_ms,
        measured.p99_ms is not null as is_measured
    from channels
    left join measured on channels.platform = measured.destination
    left join assumed on channels.channel = assumed.channel and assumed.preference = 1
)

select * from latencies
