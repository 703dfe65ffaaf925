{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-09', 'severity': 'blocks'}) }}
-- I-09: what reserves took out of a balance and did not give back is what the processor says it holds.
-- A failure means that a hold or its release is missing. A processor that reports no reserve and has none is not asked.
with

held as (
    select platform, account_id, currency_code, {{ sum_minor('-net_minor') }} as held_minor
    from {{ ref('can_processor_movements') }}
    where movement_type in ('reserve_hold', 'reserve_release')
    group by platform, account_id, currency_code
),

compared as (
    select balances.balance_id, balances.withheld_minor, coalesce(held.held_minor, 0) as held_minor
    from {{ ref('can_processor_balances') }} as balances
    left join held using (platform, account_id, currency_code)
)

select * from compared where withheld_minor != held_minor
