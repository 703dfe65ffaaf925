{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-07', 'severity': 'blocks'}) }}
-- I-07: per processor account, month and currency the kinds of fees are all that its movements cost, fees taken as movements of their own included;
-- cost is that less the tax on fees.
-- A failure means that a fee is in no kind, or in two: the effective rate is then wrong.
with

taxes as (
    select movement_id, {{ sum_minor('amount_minor') }} as tax_minor from {{ ref('can_processor_fees') }} where fee_type = 'tax' group by movement_id
),

charged as (
    select
        movements.entity_id, movements.platform, movements.account_id, {{ month_key('movements.movement_date') }} as period_month, movements.currency_code,
        sum(movements.fee_minor - case when movements.movement_type in ('fee', 'payout_fee') then movements.amount_minor else 0 end) as fee_minor,
        sum(case when movements.movement_type in ('payout', 'payout_fee') then movements.fee_minor else 0 end
            - case when movements.movement_type = 'payout_fee' then movements.amount_minor else 0 end) as payout_fee_minor,
        sum(case when movements.movement_type = 'charge' then movements.amount_minor else 0 end) as charged_minor,
        sum(coalesce(taxes.tax_minor, 0)) as tax_minor
    from {{ ref('can_processor_movements') }} as movements
    left join taxes using (movement_id)
    group by movements.entity_id, movements.platform, movements.account_id, {{ month_key('movements.movement_date') }}, movements.currency_code
)

select *
from charged
full outer join {{ ref('fct_fees') }} as fees using (entity_id, platform, account_id, period_month, currency_code)
where charged.fee_minor is distinct from fees.charge_fee_minor + fees.other_processing_fee_minor + fees.dispute_fee_minor
        + fees.payout_fee_minor + fees.platform_fee_minor
    or charged.tax_minor is distinct from fees.recoverable_tax_minor
    or charged.charged_minor is distinct from fees.charged_minor
    or charged.payout_fee_minor is distinct from fees.payout_fee_minor
    or fees.cost_minor != charged.fee_minor - charged.tax_minor
