with

disputes as (
    select * from {{ ref('stg_paypal__disputes') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'paypal:' || disputes.account_id || ':' || disputes.platform_dispute_id as dispute_id,
        'paypal' as platform,
        disputes.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        disputes.platform_dispute_id,
        disputes.platform_charge_id as charge_reference,
        disputes.dispute_status,
        disputes.reason,
        disputes.amount_minor,
        disputes.currency_code,
        disputes.opened_at
    from disputes
    left join accounts
        on accounts.platform = 'paypal'
        and disputes.account_id = accounts.account_id
)

select * from mapped
