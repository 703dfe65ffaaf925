with

payments as (
    select * from {{ ref('stg_files__payments') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'files:' || payments.channel || ':' || payments.platform_order_id || ':' || payments.platform_payment_id
            as order_payment_id,
        'files:' || payments.channel || ':' || payments.platform_order_id as order_id,
        'files' as platform,
        payments.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        payments.platform_payment_id,
        'sale' as payment_type,
        'succeeded' as payment_status,
        payments.tender_type,
        payments.gateway,
        payments.amount_minor,
        payments.currency_code,
        payments.processed_at,
        payments.processor_reference,
        cast(null as varchar) as parent_payment_id
    from payments
    left join accounts on accounts.platform = 'files' and accounts.account_id = payments.channel
)

select * from mapped
