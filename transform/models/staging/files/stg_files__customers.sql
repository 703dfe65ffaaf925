with

source as (
    select * from {{ source('raw_files', 'customers') }}
),

renamed as (
    select
        channel,
        customer_id as platform_customer_id,
        nullif(lower(trim(email)), '') as email,
        phone,
        first_name,
        last_name,
        {{ utc_timestamp('created_at') }} as created_at
    from source
)

select * from renamed
