with

source as (
    select * from {{ source('raw_klaviyo', 'lists') }}
),

renamed as (
    select
        account_id,
        id as platform_list_id,
        name as list_name,
        opt_in_process,
        {{ utc_timestamp('created') }} as created_at,
        {{ utc_timestamp('updated') }} as updated_at
    from source
)

select * from renamed
