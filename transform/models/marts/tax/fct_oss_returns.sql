with

lines as (
    select * from {{ ref('fct_oss_lines') }}
),

sums as (
    select
        oss_return_id,
        entity_id,
        period_quarter,
        row_type,
        supply_quarter,
        member_state_code,
        rate_ppm,
        currency_code,
        supply_quarter_end,
        exchange_rate,
        rate_base_currency_code,
        exchange_rate_date,
        count(distinct order_id) as orders,
        {{ sum_minor('taxable_minor') }} as taxable_minor,
        {{ sum_minor('tax_minor') }} as tax_minor
    from lines
    group by
        oss_return_id, entity_id, period_quarter, row_type, supply_quarter, member_state_code, rate_ppm, currency_code, supply_quarter_end, exchange_rate,
        rate_base_currency_code, exchange_rate_date
),

-- Each sum is converted once; the lines are shown in the currency they were charged in.
converted as (
    select
        *,
        {{ convert_minor('taxable_minor', 'currency_code', "'EUR'", 'exchange_rate', 'rate_base_currency_code') }} as taxable_eur_minor,
        {{ convert_minor('tax_minor', 'currency_code', "'EUR'", 'exchange_rate', 'rate_base_currency_code') }} as tax_eur_minor
    from sums
)

select
    oss_return_id, entity_id, period_quarter, row_type, supply_quarter, member_state_code, rate_ppm, currency_code, supply_quarter_end, exchange_rate,
    rate_base_currency_code, exchange_rate_date, orders, taxable_minor, tax_minor, taxable_eur_minor, tax_eur_minor
from converted
