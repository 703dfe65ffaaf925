with

customers as (
    select * from {{ ref('stg_shopify__customers') }}
),

mapped as (
    select
        'shopify:' || account_id || ':' || platform_customer_id as customer_record_id,
        'shopify' as platform,
        account_id,
        platform_customer_id,
        email,
        phone,
        first_name,
        last_name,
        created_at,
        updated_at
    from customers
)

select * from mapped
