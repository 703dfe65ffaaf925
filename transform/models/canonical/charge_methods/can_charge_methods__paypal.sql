with

-- Payments between accounts and by guests; everything else in the ledger is no charge. PayPal uses an id again, but not for another payer.
payments as (
    select account_id, platform_transaction_id, max(payer_country) as payer_country, max(payer_email) as payer_email
    from {{ ref('stg_paypal__transactions') }}
    where event_group = 'T00'
    group by account_id, platform_transaction_id
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'paypal:' || payments.account_id || ':' || payments.platform_transaction_id as charge_method_id,
        'paypal' as platform,
        payments.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        payments.platform_transaction_id as charge_reference,
        'paypal' as payment_method,
        cast(null as varchar) as card_brand,
        payments.payer_country,
        payments.payer_email
    from payments
    left join accounts
        on accounts.platform = 'paypal'
        and payments.account_id = accounts.account_id
)

select * from mapped
