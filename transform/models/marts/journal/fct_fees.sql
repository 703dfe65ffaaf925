with

movements as (
    select *, {{ month_key('movement_date') }} as period_month from {{ ref('can_processor_movements') }}
),

fee_taxes as (
    select * from {{ ref('fct_fee_taxes') }}
),

monthly as (
    select
        movements.entity_id, movements.platform, movements.account_id, movements.period_month, movements.currency_code,
        {{ sum_minor("case when movements.movement_type = 'charge' then movements.amount_minor else 0 end") }} as charged_minor,
        cast(count(case when movements.movement_type = 'charge' then 1 end) as bigint) as charges,
        {{ sum_minor("case when movements.movement_type = 'charge' then movements.fee_minor else 0 end") }} as charge_fee_minor,
        {{ sum_minor("case when movements.movement_type not in ('charge', 'payout', 'payout_fee') then movements.processing_fee_minor else 0 end") }}
            as other_processing_fee_minor,
        {{ sum_minor('movements.dispute_fee_minor') }} as dispute_fee_minor,
        {{ sum_minor("case when movements.movement_type in ('payout', 'payout_fee') then movements.fee_minor else 0 end") }}
            - {{ sum_minor("case when movements.movement_type = 'payout_fee' then movements.amount_minor else 0 end") }} as payout_fee_minor,
        -{{ sum_minor("case when movements.movement_type = 'fee' then movements.amount_minor else 0 end") }} as platform_fee_minor,
        {{ sum_minor('coalesce(fee_taxes.tax_minor, 0)') }} as recoverable_tax_minor
    from movements
    left join fee_taxes using (movement_id)
    group by movements.entity_id, movements.platform, movements.account_id, movements.period_month, movements.currency_code
)

-- The rate is whole millionths of what was charged, rounded once.
select
    entity_id, platform, account_id, period_month, currency_code, charged_minor, charges, charge_fee_minor,
    case when charged_minor > 0 then {{ half_even_divide('cast(charge_fee_minor as hugeint) * 1000000', 'charged_minor') }} end as effective_rate_ppm,
    other_processing_fee_minor, dispute_fee_minor, payout_fee_minor, platform_fee_minor, recoverable_tax_minor,
    charge_fee_minor + other_processing_fee_minor + dispute_fee_minor + payout_fee_minor + platform_fee_minor - recoverable_tax_minor as cost_minor
from monthly
