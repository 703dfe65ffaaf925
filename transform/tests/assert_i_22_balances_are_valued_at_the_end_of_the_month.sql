{{ config(tags=['identity'], meta={'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: at the end of a month that is over, each balance in a foreign currency is what its postings made it, and what it is carried at and the
-- revaluation make its value at that day's book rate; the next day takes exactly that back.
-- A failure means that an unrealised gain is invented, kept or forgotten. A missing rate is no failure: the entry waits (CUR-03).
with

found as (
    select * from {{ ref('fct_revaluations') }}
),

moved as (
    select
        postings.entity_id, postings.account_number, coalesce(postings.sub_account, '') as sub_account, postings.currency_code, events.event_date,
        postings.signed_minor, coalesce(postings.signed_base_minor, 0) as signed_base_minor
    from {{ ref('fct_rated_postings') }} as postings
    inner join {{ ref('fct_money_events') }} as events using (event_id)
    where postings.currency_code != postings.base_currency_code
        and postings.account_number in (select account_number from {{ ref('revalued_accounts') }})
),

expected as (
    select
        found.entity_id, found.period_month, found.account_number, found.sub_account, found.currency_code,
        sum(moved.signed_minor) as balance_minor, sum(moved.signed_base_minor) as carried_base_minor
    from found
    inner join moved
        on found.entity_id = moved.entity_id
        and found.account_number = moved.account_number
        and found.sub_account = moved.sub_account
        and found.currency_code = moved.currency_code
        and moved.event_date <= found.month_end
    group by found.entity_id, found.period_month, found.account_number, found.sub_account, found.currency_code
),

counted as (
    select entity_id, period_month, account_number, sub_account, currency_code
    from found
    group by entity_id, period_month, account_number, sub_account, currency_code
    having count(*) > 1
),

wrong as (
    select found.entity_id || ' ' || found.period_month || ' ' || found.account_number || ' ' || found.currency_code as reference
    from found
    left join expected using (entity_id, period_month, account_number, sub_account, currency_code)
    left join {{ ref('dim_fx_rates') }} as rates
        on rates.purpose = 'book'
        and rates.from_currency_code = found.currency_code
        and rates.to_currency_code = found.base_currency_code
        and rates.rate_date = found.month_end
    where found.balance_minor is distinct from expected.balance_minor
        or found.carried_base_minor is distinct from expected.carried_base_minor
        or found.month_end > {{ known_until() }}
        or {{ month_key('found.month_end') }} != found.period_month
        or found.rate is distinct from rates.rate
        or found.currency_code = found.base_currency_code
        or found.valued_base_minor is distinct from {{ convert_minor('found.balance_minor', 'found.currency_code', 'found.base_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        or found.carried_base_minor + found.difference_minor != found.valued_base_minor
    union all
    select entity_id || ' ' || period_month || ' ' || account_number || ' ' || currency_code from counted
),

-- Every month in which a balance stands, once it has moved, is valued.
missing as (
    select distinct moved.entity_id || ' ' || {{ month_key('moved.event_date') }} || ' ' || moved.account_number || ' ' || moved.currency_code as reference
    from moved
    left join found
        on moved.entity_id = found.entity_id
        and moved.account_number = found.account_number
        and moved.sub_account = found.sub_account
        and moved.currency_code = found.currency_code
        and {{ month_key('moved.event_date') }} <= found.period_month
    where found.entity_id is null and {{ end_of_month('moved.event_date') }} <= {{ known_until() }} and moved.signed_minor != 0
        and (
            select sum(others.signed_minor) from moved as others
            where others.entity_id = moved.entity_id and others.account_number = moved.account_number and others.sub_account = moved.sub_account
                and others.currency_code = moved.currency_code and others.event_date <= {{ end_of_month('moved.event_date') }}
        ) != 0
),

posted as (
    select
        lines.entity_id, lines.account_number, coalesce(lines.sub_account, '') as sub_account, events.currency_code, events.period_month,
        sum(case when lines.event_id like '%:revalued' then lines.signed_base_minor else 0 end) as valued_minor,
        sum(case when lines.event_id like '%:revaluation_reversed' then lines.signed_base_minor else 0 end) as reversed_minor,
        min(case when lines.event_id like '%:revalued' then lines.entry_date end) as valued_date,
        min(case when lines.event_id like '%:revaluation_reversed' then lines.entry_date end) as reversed_date
    from {{ ref('fct_revaluation_lines') }} as lines
    inner join found as events
        on lines.event_id like 'je:' || events.entity_id || ':journal:' || events.account_number || ':' || events.sub_account || ':'
            || events.currency_code || ':' || events.period_month || ':%'
    where lines.posting_key = 'revalued'
    group by lines.entity_id, lines.account_number, coalesce(lines.sub_account, ''), events.currency_code, events.period_month
)

select reference from wrong
union all
select reference from missing
union all
select found.entity_id || ' ' || found.period_month || ' ' || found.account_number
from found
left join posted using (entity_id, account_number, sub_account, currency_code, period_month)
where found.difference_minor != 0
    and (
        posted.valued_minor is distinct from found.difference_minor
        or posted.reversed_minor is distinct from -found.difference_minor
        or posted.valued_date is distinct from found.month_end
        or posted.reversed_date is distinct from {{ add_days('found.month_end', 1) }}
    )
