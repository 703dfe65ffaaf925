with

day_counts as (
    select
        *,
        row_number() over (
            partition by platform, account_id, resource, counted_day order by counted_at desc, loaded_records desc, platform_records desc
        ) as newest_first
    from {{ ref('stg_completeness__day_counts') }}
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
        counted_at
    from day_counts
    where newest_first = 1
)

select * from newest
