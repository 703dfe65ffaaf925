{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: at the end of a month that is over, each balance in a foreign currency is what its postings made it, and what it is carried at and the
-- revaluation make its value at that day's book rate.
-- Recomputed from the postings before they were valued, the stored rates and the journal: a line with no rate of its day, or in an entry with such a
-- line, has no worth, so the balance it stands in has no difference.
-- A failure means that an unrealised gain is invented or forgotten. A missing rate is no failure: the entry waits (CUR-03).
with

found as (
    select * from {{ ref('fct_revaluations') }}
),

rates as (
    select from_currency_code, to_currency_code, rate_date, rate, rate_base_currency_code from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

placed as (
    select
        postings.event_id, postings.entity_id, postings.account_number, coalesce(postings.sub_account, '') as sub_account, postings.currency_code,
        entities.base_currency_code, events.event_date, postings.signed_minor, postings.line_number,
        postings.currency_code != entities.base_currency_code and rates.rate is null as has_no_rate
    from {{ ref('fct_postings') }} as postings
    inner join {{ ref('entities') }} as entities using (entity_id)
    inner join {{ ref('fct_money_events') }} as events using (event_id)
    left join rates
        on postings.currency_code = rates.from_currency_code
        and entities.base_currency_code = rates.to_currency_code
        and postings.rate_date = rates.rate_date
),

waiting as (
    select distinct event_id from placed where has_no_rate
),

moved as (
    select placed.*, journal.signed_base_minor, waiting.event_id is not null as is_unrated
    from placed
    left join waiting using (event_id)
    left join {{ ref('fct_journal_lines') }} as journal
        on placed.event_id = journal.event_id
        and placed.line_number = journal.line_number
    where placed.currency_code != placed.base_currency_code
        and placed.account_number in (select account_number from {{ ref('revalued_accounts') }})
),

expected as (
    select
        found.entity_id, found.period_month, found.account_number, found.sub_account, found.currency_code, sum(moved.signed_minor) as balance_minor,
        count(case when moved.is_unrated then 1 end) as unrated_lines,
        case when count(case when moved.is_unrated then 1 end) = 0 then sum(moved.signed_base_minor) end as carried_base_minor
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
    left join rates
        on found.currency_code = rates.from_currency_code
        and found.base_currency_code = rates.to_currency_code
        and found.month_end = rates.rate_date
    where found.balance_minor is distinct from expected.balance_minor
        or found.unrated_lines is distinct from expected.unrated_lines
        or found.carried_base_minor is distinct from expected.carried_base_minor
        or found.month_end > {{ known_until() }}
        or {{ month_key('found.month_end') }} != found.period_month
        or found.rate is distinct from rates.rate
        or found.currency_code = found.base_currency_code
        or found.valued_base_minor is distinct from {{ convert_minor('found.balance_minor', 'found.currency_code', 'found.base_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
        or found.difference_minor is distinct from found.valued_base_minor - expected.carried_base_minor
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
)

select reference from wrong
union all
select reference from missing
