with

day_counts as (
    select
        *,
        platform_records = loaded_records and coalesce(platform_total, 0) = coalesce(loaded_total, 0) as is_complete,
        row_number() over (
            partition by platform, account_id, resource, counted_day order by counted_at desc, loaded_records desc, platform_records desc
        ) as newest_first
    from {{ ref('stg_completeness__day_counts') }}
),

wholes as (
    select platform, account_id, resource, counted_day, max(counted_at) as last_complete_at
    from day_counts
    where is_complete
    group by platform, account_id, resource, counted_day
),

-- A day that was whole in between is short since it was seen so again.
shorts as (
    select day_counts.platform, day_counts.account_id, day_counts.resource, day_counts.counted_day, min(day_counts.counted_at) as incomplete_since
    from day_counts
    left join wholes using (platform, account_id, resource, counted_day)
    where not day_counts.is_complete and (wholes.last_complete_at is null or day_counts.counted_at > wholes.last_complete_at)
    group by day_counts.platform, day_counts.account_id, day_counts.resource, day_counts.counted_day
),

newest as (
    select
        platform || ':' || account_id || ':' || resource || ':' || cast(counted_day as varchar) as day_count_id,
        platform,
        account_id,
        resource,
        counted_day,
        platform_records,
        loaded_records,
        platform_total,
        loaded_total,
        counted_at,
        shorts.incomplete_since
    from day_counts
    left join shorts using (platform, account_id, resource, counted_day)
    where newest_first = 1
)

select * from newest
