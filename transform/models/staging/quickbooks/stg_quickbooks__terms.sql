with

source as (
    select * from {{ source('raw_quickbooks', 'terms') }}
),

renamed as (
    select
        account_id,
        id as platform_terms_id,
        name as terms_name,
        due_days,
        discount_days,
        coalesce(active, true) as is_active,
        {{ utc_timestamp('last_updated_time') }} as updated_at
    from source
)

select * from renamed
