with

matches as (
    select *
    from {{ ref('fct_payment_matches') }}
    where order_payment_id is not null and movement_id is not null and leg_currency_code != charge_currency_code
),

rates as (
    select * from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

-- The sale keeps the rate of its day, the money takes that of its own; both in the books of the company that sold, as its entry does.
dated as (
    select
        matches.payment_match_id, matches.order_id, matches.movement_id, matches.leg_entity_id as entity_id, entities.base_currency_code,
        matches.leg_minor, matches.leg_currency_code, coalesce(order_rates.rate_date, matches.charge_date) as leg_rate_date,
        matches.charge_minor, matches.charge_currency_code, matches.charge_date as charge_rate_date
    from matches
    left join {{ ref('fct_order_rates') }} as order_rates using (order_id)
    left join {{ ref('entities') }} as entities on matches.leg_entity_id = entities.entity_id
),

valued as (
    select
        dated.*,
        {%- for side in ['leg', 'charge'] %}
        case
            when dated.{{ side }}_currency_code = dated.base_currency_code then dated.{{ side }}_minor
            else {{ convert_minor('dated.' ~ side ~ '_minor', 'dated.' ~ side ~ '_currency_code', 'dated.base_currency_code', side ~ '_rates.rate', side ~ '_rates.rate_base_currency_code') }}
        end as {{ side }}_base_minor{{ ',' if not loop.last }}
        {%- endfor %}
    from dated
    {%- for side in ['leg', 'charge'] %}
    left join rates as {{ side }}_rates
        on dated.{{ side }}_currency_code = {{ side }}_rates.from_currency_code
        and dated.base_currency_code = {{ side }}_rates.to_currency_code
        and dated.{{ side }}_rate_date = {{ side }}_rates.rate_date
    {%- endfor %}
)

select
    payment_match_id, order_id, movement_id, entity_id, leg_minor, leg_currency_code, leg_rate_date, charge_minor, charge_currency_code, charge_rate_date,
    base_currency_code, leg_base_minor, charge_base_minor, charge_base_minor - leg_base_minor as exchange_minor,
    case when leg_base_minor is null or charge_base_minor is null then 'CUR-03' else 'CUR-01' end as reason_code
from valued
