with

movements as (
    select * from {{ ref('stg_stripe__balance_transactions') }}
),

fees as (
    select * from {{ ref('stg_stripe__balance_transaction_fees') }}
),

charges as (
    select * from {{ ref('stg_stripe__charges') }}
),

refunds as (
    select * from {{ ref('stg_stripe__refunds') }}
),

disputes as (
    select * from {{ ref('stg_stripe__disputes') }}
),

payouts as (
    select * from {{ ref('stg_stripe__payouts') }}
),

payout_contents as (
    select * from {{ ref('stg_stripe__payout_balance_transactions') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- The object behind a movement, and the charge it goes back to.
sources as (
    select account_id, platform_charge_id as platform_source_id, platform_charge_id, platform_payment_intent_id
    from charges
    union all
    select account_id, platform_refund_id, platform_charge_id, platform_payment_intent_id
    from refunds
    union all
    select account_id, platform_dispute_id, platform_charge_id, platform_payment_intent_id
    from disputes
),

-- A movement may be listed by a failed payout and again by the one that replaced it: the newest list holds it.
listed as (
    select
        payout_contents.account_id,
        payout_contents.platform_movement_id,
        payout_contents.platform_payout_id,
        row_number() over (
            partition by payout_contents.account_id, payout_contents.platform_movement_id
            order by payouts.created_at desc nulls last, payout_contents.platform_payout_id
        ) as nth
    from payout_contents
    left join payouts using (account_id, platform_payout_id)
),

paid_out as (
    select account_id, platform_movement_id, platform_payout_id from listed where nth = 1
),

fee_totals as (
    select account_id, platform_movement_id, {{ sum_minor('amount_minor') }} as total_minor
    from fees
    group by account_id, platform_movement_id
),

mapped as (
    select
        'stripe:' || movements.account_id || ':' || movements.platform_movement_id as movement_id,
        'stripe' as platform,
        movements.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        movements.platform_movement_id,
        movements.movement_type,
        movements.amount_minor,
        movements.fee_minor,
        -- A fee on a dispute's own movement is the dispute fee; any other is the cost of processing.
        case when movements.movement_type like 'dispute%' then 0 else coalesce(fee_totals.total_minor, 0) end as processing_fee_minor,
        case when movements.movement_type like 'dispute%' then coalesce(fee_totals.total_minor, 0) else 0 end as dispute_fee_minor,
        movements.net_minor,
        movements.currency_code,
        movements.occurred_at,
        {{ local_date('movements.occurred_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as movement_date,
        movements.available_at,
        movements.platform_source_id,
        sources.platform_charge_id as charge_reference,
        coalesce(charges.platform_payment_intent_id, sources.platform_payment_intent_id) as payment_intent_reference,
        charges.order_number as order_reference,
        'stripe:' || movements.account_id || ':' || case
            when movements.movement_type = 'payout' then movements.platform_source_id
            else paid_out.platform_payout_id
        end as payout_id,
        movements.description
    from movements
    left join fee_totals using (account_id, platform_movement_id)
    left join sources using (account_id, platform_source_id)
    left join charges
        on sources.account_id = charges.account_id
        and sources.platform_charge_id = charges.platform_charge_id
    left join paid_out using (account_id, platform_movement_id)
    left join accounts
        on accounts.platform = 'stripe'
        and movements.account_id = accounts.account_id
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
