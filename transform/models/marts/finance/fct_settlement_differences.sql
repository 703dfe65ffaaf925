with

balances as (
    select * from {{ ref('fct_settlement_movements') }}
),

principals as (
    select movement_id || ':amount' as difference_key, entity_id, movement_month as period_month, currency_code,
        principal_reason_code as reason_code,
        order_id, reference, amount_minor, movement_type || ' on ' || cast(movement_date as varchar) as evidence
    from balances
    where principal_reason_code is not null and amount_minor != 0
),

fees as (
    {%- for part, code in [
        ('(processing_fee_minor - fee_tax_minor)', "case when movement_type = 'refund' then 'FEE-02' when movement_type = 'payout' then 'FEE-05' else 'FEE-01' end"),
        ('dispute_fee_minor', "'FEE-03'"),
        ('fee_tax_minor', "'FEE-09'"),
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
            -- Where no content is listed, the balance rolls forward as one sum: what came on it here, what payouts took in fct_bank_differences.
            when not is_payout_content_listed then 'BNK-04'
            when {{ month_key('sent_date') }} <= movement_month then 'TIM-03'
            else 'TIM-01'
        end,
        order_id, reference, -net_minor,
        case
            when not is_payout_content_listed then 'stays on a balance whose payouts list no movements'
            when platform_payout_id is null then 'in no payout yet'
            else 'in payout ' || platform_payout_id || ', not at the bank by the end of the month'
        end
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
