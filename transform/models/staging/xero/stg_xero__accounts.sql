with

source as (
    select * from {{ source('raw_xero', 'accounts') }}
),

renamed as (
    select
        account_id,
        ledger_account_id as platform_account_id,
        nullif(trim(code), '') as account_number,
        name as account_name,
        type as platform_account_type,
        system_account as platform_system_account,
        status = 'ACTIVE' as is_active
    from source
)

select * from renamed
