with

fees as (
    select * from {{ ref('stg_stripe__balance_transaction_fees') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'stripe:' || fees.account_id || ':' || fees.platform_movement_id || ':' || cast(fees.fee_number as varchar) as processor_fee_id,
        'stripe' as platform,
        fees.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        'stripe:' || fees.account_id || ':' || fees.platform_movement_id as movement_id,
        case when fees.platform_fee_type = 'tax' then 'tax' else 'charge' end as fee_type,
        fees.amount_minor,
        fees.currency_code,
        fees.description
    from fees
    left join accounts
        on accounts.platform = 'stripe'
        and fees.account_id = accounts.account_id
)

select * from mapped
