with

movements as (
    select * from {{ ref('can_processor_movements') }}
),

payouts as (
    select * from {{ ref('fct_payouts') }}
),

disputes as (
    select charge_reference, min(dispute_status) as dispute_status
    from {{ ref('can_disputes') }}
    group by charge_reference
),

refund_matches as (
    select movement_id, refund_id from {{ ref('fct_refund_matches') }} where movement_id is not null
),

charge_orders as (
    select charge_reference, min(order_id) as order_id
    from {{ ref('fct_payment_matches') }}
    where charge_reference is not null
    group by charge_reference
),

-- What a movement leaves on the balance; a payout's own amount leaves the balance, only its fee stays.
balances as (
    select
        movements.movement_id, movements.entity_id, movements.currency_code, movements.movement_type, movements.movement_date,
        {{ month_key('movements.movement_date') }} as movement_month,
        case when movements.movement_type = 'payout' then 0 else movements.amount_minor end as amount_minor,
        movements.fee_minor, movements.processing_fee_minor, movements.dispute_fee_minor,
        case when movements.movement_type = 'payout' then -movements.fee_minor else movements.net_minor end as net_minor,
        charge_orders.order_id,
        coalesce(movements.order_reference, movements.platform_source_id, movements.platform_movement_id) as reference,
        disputes.dispute_status, refund_matches.refund_id,
        payouts.sent_date, payouts.payout_status, payouts.platform_payout_id,
        case when payouts.bank_line_id is not null then {{ month_key('payouts.bank_value_date') }} end as bank_month
    from movements
    left join charge_orders using (charge_reference)
    left join disputes using (charge_reference)
    left join refund_matches using (movement_id)
    left join payouts
        on movements.payout_id = payouts.payout_id
        and movements.movement_type != 'payout'
),

principals as (
    select movement_id || ':amount' as difference_key, entity_id, movement_month as period_month, currency_code,
        case
            when movement_type = 'refund' and refund_id is not null then 'REF-01'
            when movement_type = 'refund' then 'REF-02'
            when movement_type = 'refund_failure' then 'REF-04'
            when movement_type = 'dispute' and dispute_status = 'lost' then 'DSP-03'
            when movement_type = 'dispute' then 'DSP-01'
            when movement_type = 'dispute_reversal' then 'DSP-02'
            when movement_type = 'fee' then 'FEE-06'
            when movement_type = 'payout_failure' then 'BNK-02'
            when movement_type = 'unmapped' then 'SRC-06'
            else 'UNX-00'
        end as reason_code,
        order_id, reference, amount_minor, movement_type || ' on ' || cast(movement_date as varchar) as evidence
    from balances
    where movement_type not in ('charge', 'payout') and amount_minor != 0
),

fees as (
    {%- for part, code in [
        ('processing_fee_minor', "case when movement_type = 'refund' then 'FEE-02' when movement_type = 'payout' then 'FEE-05' else 'FEE-01' end"),
        ('dispute_fee_minor', "'FEE-03'"),
        ('(fee_minor - processing_fee_minor - dispute_fee_minor)', "'UNX-00'"),
    ] %}
    select movement_id || ':fee{{ loop.index }}', entity_id, movement_month, currency_code, {{ code }},
        order_id, reference, -{{ part }}, 'fee of the processor on a ' || movement_type
    from balances
    where {{ part }} != 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

not_yet_banked as (
    select movement_id || ':open', entity_id, movement_month, currency_code,
        case
            when payout_status in ('failed', 'canceled') then 'BNK-02'
            when {{ month_key('sent_date') }} <= movement_month then 'TIM-03'
            else 'TIM-01'
        end,
        order_id, reference, -net_minor,
        case when platform_payout_id is null then 'in no payout yet' else 'in payout ' || platform_payout_id || ', not at the bank by the end of the month' end
    from balances
    where net_minor != 0 and (bank_month is null or bank_month != movement_month)
),

banked_later as (
    select movement_id || ':banked', entity_id, bank_month, currency_code, 'TIM-02', order_id, reference, net_minor,
        'moved on ' || cast(movement_date as varchar) || ', at the bank in payout ' || platform_payout_id
    from balances
    where net_minor != 0 and bank_month != movement_month
),

differences as (
    select * from principals
    union all
    select * from fees
    union all
    select * from not_yet_banked
    union all
    select * from banked_later
)

select
    'settlement:' || difference_key as difference_id, entity_id, period_month, currency_code,
    'storefront_to_bank' as bridge, 'processor' as from_system, 'bank' as to_system,
    reason_code, order_id, reference, cast(amount_minor as bigint) as amount_minor, evidence
from differences
