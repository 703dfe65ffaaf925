with

source as (
    select * from {{ source('raw_xero', 'organisations') }}
),

renamed as (
    select
        account_id,
        organisation_id as platform_organisation_id,
        name as organisation_name,
        upper(base_currency) as base_currency_code,
        period_lock_date,
        end_of_year_lock_date
    from source
)

select * from renamed
