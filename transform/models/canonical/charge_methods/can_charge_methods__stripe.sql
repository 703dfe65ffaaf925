with

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'stripe:' || charges.account_id || ':' || charges.platform_charge_id as charge_method_id,
        'stripe' as platform,
        charges.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        charges.platform_charge_id as charge_reference,
        charges.payment_method,
        charges.card_brand,
        charges.payer_country,
        charges.customer_email as payer_email
    from charges
    left join accounts
        on accounts.platform = 'stripe'
        and charges.account_id = accounts.account_id
)

select * from mapped
