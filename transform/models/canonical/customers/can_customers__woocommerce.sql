with

customers as (
    select * from {{ ref('stg_woocommerce__customers') }}
),

mapped as (
    select
        'woocommerce:' || account_id || ':' || platform_customer_id as customer_record_id,
        'woocommerce' as platform,
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
