-- A percentile is the smallest latency that so many percent of the hour's deliveries do not exceed: a rank, no average.
with deliveries as (
    select
        delivery_id,
        sync,
        destination,
        {{ hour_of('acknowledged_at') }} as hour_at,
        latency_ms,
        exposed_ms
    from {{ ref('fct_deliveries') }}
    where latency_ms is not null
),

ranked as (
    select
        *,
        cast(row_number() over (
            partition by sync, destination, hour_at order by latency_ms, delivery_id
        ) as bigint) as place,
        cast(row_number() over (
            partition by sync, destination, hour_at order by exposed_ms, delivery_id
        ) as bigint) as exposed_place,
        cast(count(*) over (partition by sync, destination, hour_at) as bigint) as places
    from deliveries
),

hours as (
    select
        sync,
        destination,
        hour_at,
        cast(count(*) as bigint) as deliveries,
        min(latency_ms) as fastest_ms,
        min(case when place * 100 >= places * 50 then latency_ms end) as p50_ms,
        min(case when place * 100 >= places * 99 then latency_ms end) as p99_ms,
        max(latency_ms) as slowest_ms,
        min(case when exposed_place * 100 >= places * 99 then exposed_ms end) as exposed_p99_ms
    from ranked
    group by sync, destination, hour_at
)

select * from hours
