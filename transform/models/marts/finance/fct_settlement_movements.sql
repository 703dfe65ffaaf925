with

movements as (
    select * from {{ ref('can_processor_movements') }}
),

payouts as (
    select * from {{ ref('fct_payouts') }}
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

unlisted_accounts as (
    select distinct platform, account_id from payouts where not is_content_listed
),

-- Two legs about one payment, one out of a currency and one into another, are a conversion; anything else is not understood.
conversions as (
    select platform, account_id, charge_reference
    from movements
    where movement_type = 'currency_conversion' and charge_reference is not null
    group by platform, account_id, charge_reference
    having count(*) = 2 and count(distinct currency_code) = 2 and min(amount_minor) < 0 and max(amount_minor) > 0
),

fee_taxes as (
    select * from {{ ref('fct_fee_taxes') }}
),

joined as (
    select
        movements.*, case when movements.processing_fee_minor != 0 then coalesce(fee_taxes.tax_minor, 0) else 0 end as fee_tax_minor,
        {{ month_key('movements.movement_date') }} as movement_month,
        coalesce(movements.order_reference, movements.platform_source_id, movements.platform_movement_id) as reference,
        charge_orders.order_id,
        case
            when movements.movement_type = 'refund' and refund_matches.refund_id is not null then 'REF-01'
            when movements.movement_type = 'refund' then 'REF-02'
            when movements.movement_type = 'refund_failure' then 'REF-04'
            when dispute_codes.reason_code is not null then dispute_codes.reason_code
            when movements.movement_type = 'fee' then 'FEE-06'
            when movements.movement_type = 'payout_fee' then 'FEE-05'
            when movements.movement_type = 'financing' then 'FEE-08'
            when movements.movement_type = 'payout_failure' then 'BNK-02'
            when movements.movement_type in ('reserve_hold', 'reserve_release') then 'TIM-09'
            when movements.movement_type = 'currency_conversion' and conversions.charge_reference is not null then 'CUR-05'
            when movements.movement_type = 'unmapped' then 'SRC-06'
            when movements.movement_type not in ('charge', 'payout') then 'UNX-00'
        end as principal_reason_code,
        unlisted_accounts.account_id is null as is_payout_content_listed,
        payouts.sent_date,
        payouts.payout_status,
        payouts.platform_payout_id,
        case when payouts.bank_line_id is not null then {{ month_key('payouts.bank_value_date') }} end as bank_month
    from movements
    left join charge_orders using (charge_reference)
    left join {{ ref('fct_dispute_codes') }} as dispute_codes on movements.movement_id = dispute_codes.movement_id
    left join fee_taxes on movements.movement_id = fee_taxes.movement_id
    left join refund_matches on movements.movement_id = refund_matches.movement_id
    left join unlisted_accounts
        on movements.platform = unlisted_accounts.platform
        and movements.account_id = unlisted_accounts.account_id
    left join conversions
        on movements.platform = conversions.platform
        and movements.account_id = conversions.account_id
        and movements.charge_reference = conversions.charge_reference
    -- As part of the key: beside it, every movement would be held against every payout.
    left join payouts
        on case when movements.movement_type != 'payout' then movements.payout_id end = payouts.payout_id
)

select
    movement_id, entity_id, platform, account_id, currency_code, movement_type, movement_date, movement_month, reference, order_id,
    principal_reason_code,
    -- A payout's own amount leaves the balance, only its fee stays.
    cast(case when movement_type = 'payout' then 0 else amount_minor end as bigint) as amount_minor,
    fee_minor, processing_fee_minor, dispute_fee_minor, fee_tax_minor,
    cast(case when movement_type = 'payout' then -fee_minor else net_minor end as bigint) as net_minor,
    is_payout_content_listed, platform_payout_id, payout_status, sent_date, bank_month
from joined
