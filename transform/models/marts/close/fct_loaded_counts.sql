with

day_counts as (
    select * from {{ ref('can_day_counts') }}
),

accounts as (
    select platform, account_id, entity_id from {{ ref('accounts') }}
),

loaded_counts as (
    select
        day_counts.day_count_id,
        accounts.entity_id,
        day_counts.platform,
        day_counts.account_id,
        day_counts.resource,
        day_counts.counted_day,
        {{ month_key('day_counts.counted_day') }} as period_month,
        day_counts.platform_records,
        day_counts.loaded_records,
        day_counts.platform_records - day_counts.loaded_records as missing_records,
        coalesce(day_counts.platform_total, 0) - coalesce(day_counts.loaded_total, 0) as missing_total,
        day_counts.platform_records = day_counts.loaded_records
            and coalesce(day_counts.platform_total, 0) = coalesce(day_counts.loaded_total, 0) as is_complete,
        day_counts.counted_at,
        day_counts.incomplete_since
    from day_counts
    inner join accounts using (platform, account_id)
)

select * from loaded_counts
