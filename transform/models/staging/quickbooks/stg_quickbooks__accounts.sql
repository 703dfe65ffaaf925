with

source as (
    select * from {{ source('raw_quickbooks', 'accounts') }}
),

renamed as (
    select
        account_id,
        id as platform_account_id,
        nullif(trim(acct_num), '') as account_number,
        name as account_name,
        account_type as platform_account_type,
        coalesce(active, true) as is_active,
        sync_token,
        {{ utc_timestamp('last_updated_time') }} as updated_at
    from source
)

select * from renamed
