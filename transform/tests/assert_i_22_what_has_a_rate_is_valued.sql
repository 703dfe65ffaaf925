{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: an entry whose every line has a stored rate, or needs none, is valued in the books' currency; a line in that currency is worth itself, but for the
-- rounding it bears; a balance that is gone is not valued; and what the end of a month revalues the next day takes back, line by line, also while it waits for a rate.
-- A failure means that an entry waits for a rate that is there, or that an exchange difference is stated with two amounts.
with

rates as (
    select distinct from_currency_code, to_currency_code, rate_date from {{ ref('dim_fx_rates') }} where purpose = 'book' and rate is not null
),

lines as (
    select
        postings.event_id, postings.currency_code, postings.base_currency_code, postings.signed_minor, postings.signed_base_minor, postings.remainder_minor,
        postings.currency_code is not distinct from postings.base_currency_code or rates.rate_date is not null as has_rate
    from {{ ref('fct_rated_postings') }} as postings
    left join rates
        on postings.currency_code = rates.from_currency_code
        and postings.base_currency_code = rates.to_currency_code
        and postings.rate_date = rates.rate_date
),

revalued as (
    select event_id, regexp_replace(event_id, ':[a-z_]+$', '') as balance_key, posting_key, signed_minor, coalesce(signed_base_minor, 0) as signed_base_minor
    from {{ ref('fct_revaluation_lines') }}
)

select event_id as reference
from lines
group by event_id
having count(case when not has_rate then 1 end) = 0 and count(signed_base_minor) != count(*)
union all
select event_id
from lines
where currency_code = base_currency_code and signed_base_minor is not null and signed_base_minor + remainder_minor != signed_minor
union all
select balance_key || ' ' || posting_key
from revalued
group by balance_key, posting_key
having sum(signed_minor) != 0 or sum(signed_base_minor) != 0 or count(distinct event_id) != 2
union all
select entity_id || ' ' || period_month || ' ' || account_number || ' ' || currency_code
from {{ ref('fct_revaluations') }}
where balance_minor = 0 and carried_base_minor = 0
union all
select event_id
from revalued
group by event_id
having sum(signed_minor) != 0 or sum(signed_base_minor) != 0
