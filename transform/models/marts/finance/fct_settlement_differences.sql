with

balances as (
    select
        atoms.money_atom_id, atoms.is_main, atoms.is_only_atom, atoms.amount_minor, atoms.fee_number, atoms.fee_reason_code, atoms.fee_share_minor,
        atoms.net_share_minor, movements.movement_id, movements.entity_id, movements.movement_month, movements.movement_date, movements.movement_type,
        movements.currency_code, movements.principal_reason_code, movements.order_id, movements.reference, movements.is_payout_content_listed,
        movements.platform_payout_id, movements.payout_status, movements.sent_date, movements.bank_month, atoms.bank_value_date
    from {{ ref('fct_movement_atoms') }} as atoms
    inner join {{ ref('fct_settlement_movements') }} as movements using (movement_id)
),

-- What moved at the processor beside charges is in no order as it was placed.
principals as (
    select movement_id || ':amount' as difference_key, money_atom_id, 'storefront_to_processor' as pair, 'existence' as part, entity_id,
        movement_date as part_date, currency_code, principal_reason_code as reason_code,
        order_id, reference, amount_minor, movement_type || ' on ' || cast(movement_date as varchar) as evidence, false as is_shared
    from balances
    where principal_reason_code is not null and amount_minor != 0
),

fees as (
    select movement_id || ':fee' || cast(fee_number as varchar), money_atom_id, 'processor_to_bank', 'amount', entity_id, movement_date, currency_code,
        fee_reason_code, order_id, reference, fee_share_minor, 'fee of the processor on a ' || movement_type, false
    from balances
    where fee_share_minor != 0
),

not_yet_banked as (
    select movement_id || ':open', money_atom_id, 'processor_to_bank', case when bank_month is null then 'existence' else 'timing' end, entity_id,
        movement_date, currency_code,
        case
            when payout_status in ('failed', 'canceled') then 'BNK-02'
            -- Where no content is listed, the balance rolls forward as one sum: what came on it here, what payouts took in fct_bank_differences.
            when not is_payout_content_listed then 'BNK-04'
            when {{ month_key('sent_date') }} <= movement_month then 'TIM-03'
            else 'TIM-01'
        end,
        order_id, reference, -net_share_minor,
        case
            when not is_payout_content_listed then 'stays on a balance whose payouts list no movements'
            when platform_payout_id is null then 'in no payout yet'
            else 'in payout ' || platform_payout_id || ', not at the bank by the end of the month'
        end,
        not is_only_atom
    from balances
    where net_share_minor != 0 and (bank_month is null or bank_month != movement_month)
),

banked_later as (
    select movement_id || ':banked', money_atom_id, 'processor_to_bank', 'timing', entity_id, bank_value_date, currency_code, 'TIM-02', order_id, reference,
        net_share_minor, 'moved on ' || cast(movement_date as varchar) || ', at the bank in payout ' || platform_payout_id, not is_only_atom
    from balances
    where net_share_minor != 0 and bank_month != movement_month
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
    'settlement:' || difference_key as difference_id, money_atom_id, pair, part, entity_id, part_date, {{ month_key('part_date') }} as period_month,
    currency_code, 'storefront_to_bank' as bridge, 'processor' as from_system, 'bank' as to_system,
    reason_code, order_id, reference, cast(amount_minor as bigint) as amount_minor, evidence, cast(null as varchar) as channel, is_shared
from differences
