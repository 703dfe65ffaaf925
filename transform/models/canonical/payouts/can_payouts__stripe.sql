with

payouts as (
    select * from {{ ref('stg_stripe__payouts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'stripe:' || payouts.account_id || ':' || payouts.platform_payout_id as payout_id,
        'stripe' as platform,
        payouts.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        payouts.platform_payout_id,
        payouts.payout_status,
        payouts.is_automatic,
        payouts.amount_minor,
        payouts.currency_code,
        payouts.created_at,
        payouts.arrival_date,
        coalesce(payouts.trace_reference, payouts.statement_descriptor) as reference
    from payouts
    left join accounts
        on accounts.platform = 'stripe'
        and payouts.account_id = accounts.account_id
)

select * from mapped
