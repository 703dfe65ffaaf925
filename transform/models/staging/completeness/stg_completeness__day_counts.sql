with

source as (
    select * from {{ source('raw_completeness', 'day_counts') }}
),

renamed as (
    select
        platform,
        account_id,
        resource,
        day as counted_day,
        platform_records,
        loaded_records,
        platform_total,
        loaded_total,
        {{ utc_timestamp('counted_at') }} as counted_at
    from source
)

select * from renamed
