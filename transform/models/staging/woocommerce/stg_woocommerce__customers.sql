with

source as (
    select * from {{ source('raw_woocommerce', 'customers') }}
),

renamed as (
    select
        account_id,
        cast(id as varchar) as platform_customer_id,
        nullif(lower(trim(coalesce(nullif(email, ''), {{ json_text('billing', 'email') }}))), '') as email,
        nullif(trim({{ json_text('billing', 'phone') }}), '') as phone,
        nullif(first_name, '') as first_name,
        nullif(last_name, '') as last_name,
        {{ utc_timestamp('date_created_gmt') }} as created_at,
        {{ utc_timestamp('coalesce(date_modified_gmt, date_created_gmt)') }} as updated_at
    from source
)

select * from renamed
