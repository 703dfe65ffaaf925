with

taxes as (
    select
        *,
        {{ quarter_key('event_date') }} as period_quarter,
        {{ quarter_key('supply_date') }} as supply_quarter,
        {{ quarter_end('supply_date') }} as supply_quarter_end
    from {{ ref('fct_tax_lines') }}
    where scheme = 'oss'
),

-- The law's rate: of the last day of the supply's quarter, or of the next day the bank published one.
published as (
    select
        currency_code,
        supply_quarter_end,
        rate,
        rate_base_currency_code,
        rate_date,
        row_number() over (partition by currency_code, supply_quarter_end order by rate_date) as nearness
    from (select distinct currency_code, supply_quarter_end from taxes) as asked
    inner join {{ ref('dim_fx_rates') }} as rates
        on asked.currency_code = rates.from_currency_code
        and rates.to_currency_code = 'EUR'
        and rates.purpose = 'oss_period_end'
        and rates.rate_date between asked.supply_quarter_end and {{ add_days('asked.supply_quarter_end', 7) }}
),

lined as (
    select
        taxes.*,
        recognitions.order_number,
        -- What comes back of an earlier quarter's supply corrects that quarter, at its rate.
        case when taxes.event_type in ('return', 'discount', 'advance_return') and taxes.supply_quarter < taxes.period_quarter then 'correction' else 'supply' end as row_type,
        split_part(taxes.jurisdiction, '-', 1) as member_state_code,
        case when taxes.currency_code = 'EUR' then '1' else published.rate end as rate,
        case when taxes.currency_code = 'EUR' then 'EUR' else published.rate_base_currency_code end as rate_base_currency_code,
        published.rate_date
    from taxes
    left join published
        on taxes.currency_code = published.currency_code
        and taxes.supply_quarter_end = published.supply_quarter_end
        and published.nearness = 1
    left join {{ ref('fct_order_recognitions') }} as recognitions
        on taxes.order_id = recognitions.order_id
)

select
    tax_event_id as oss_line_id,
    entity_id || ':' || period_quarter || ':' || row_type || ':' || supply_quarter || ':' || member_state_code || ':' || coalesce(cast(rate_ppm as varchar), 'unstated') || ':' || currency_code
        as oss_return_id,
    entity_id,
    period_quarter,
    row_type,
    supply_quarter,
    member_state_code,
    rate_ppm,
    order_id,
    order_number,
    refund_id,
    tax_line_id,
    line_type,
    event_date,
    supply_date,
    taxable_minor,
    tax_minor,
    currency_code,
    supply_quarter_end,
    rate as exchange_rate,
    rate_base_currency_code,
    rate_date as exchange_rate_date
from lined
