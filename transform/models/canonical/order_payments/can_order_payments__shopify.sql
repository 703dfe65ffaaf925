with

transactions as (
    select * from {{ ref('stg_shopify__transactions') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'shopify:' || transactions.account_id || ':' || transactions.platform_payment_id as order_payment_id,
        'shopify:' || transactions.account_id || ':' || transactions.platform_order_id as order_id,
        'shopify' as platform,
        transactions.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        transactions.platform_payment_id,
        transactions.payment_type,
        transactions.payment_status,
        transactions.tender_type,
        transactions.gateway,
        transactions.amount_minor,
        transactions.currency_code,
        transactions.processed_at,
        coalesce(transactions.charge_reference, transactions.payment_intent_reference) as processor_reference,
        'shopify:' || transactions.account_id || ':' || transactions.platform_parent_payment_id as parent_payment_id
    from transactions
    left join accounts
        on accounts.platform = 'shopify' and transactions.account_id = accounts.account_id
    -- Refunds have a table of their own; change is cash handed back over the counter within the same sale.
    where transactions.payment_type not in ('refund', 'change')
)

select * from mapped
