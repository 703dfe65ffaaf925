with

source as (
    select * from {{ source('raw_xero', 'tax_rates') }}
),

renamed as (
    select
        account_id,
        tax_type as platform_tax_code,
        name as tax_name,
        report_tax_type as platform_report_tax_type,
        cast(effective_rate as decimal(9, 4)) as rate_percent,
        status = 'ACTIVE' as is_active
    from source
)

select * from renamed
