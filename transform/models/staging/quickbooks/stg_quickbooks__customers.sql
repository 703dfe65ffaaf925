with

source as (
    select * from {{ source('raw_quickbooks', 'customers') }}
),

renamed as (
    select
        account_id,
        id as platform_customer_id,
        nullif(trim(display_name), '') as display_name,
        nullif(trim(company_name), '') as company_name,
        nullif(trim(resale_num), '') as tax_id,
        {{ json_text('sales_term_ref', 'value') }} as platform_terms_id,
        coalesce(active, true) as is_active,
        sync_token,
        {{ utc_timestamp('last_updated_time') }} as updated_at
    from source
)

select * from renamed
