with

customers as (
    select * from {{ ref('stg_files__customers') }}
),

mapped as (
    select
        'files:' || channel || ':' || platform_customer_id as customer_record_id,
        'files' as platform,
        channel as account_id,
        platform_customer_id,
        email,
        phone,
        first_name,
        last_name,
        created_at,
        created_at as updated_at
    from customers
)

select * from mapped
