with

events as (
    select event_id, entity_id, event_date, period_month from {{ ref('fct_money_events') }}
),

revalued_accounts as (
    select account_number from {{ ref('revalued_accounts') }}
),

rates as (
    select * from {{ ref('dim_fx_rates') }} where purpose = 'book'
),

-- A line without a rate of its day is worth something nobody can say yet: it is counted, so that the balance it stands in waits with it.
moved as (
    select
        postings.entity_id, postings.account_number, coalesce(postings.sub_account, '') as sub_account, postings.currency_code,
        postings.base_currency_code, events.period_month, {{ sum_minor('postings.signed_minor') }} as signed_minor,
        {{ sum_minor('postings.signed_base_minor') }} as signed_base_minor,
        cast(count(*) - count(postings.signed_base_minor) as bigint) as unrated_lines
    from {{ ref('fct_rated_postings') }} as postings
    inner join events using (event_id)
    inner join revalued_accounts using (account_number)
    where postings.currency_code != postings.base_currency_code
    group by postings.entity_id, postings.account_number, postings.sub_account, postings.currency_code, postings.base_currency_code, events.period_month
),

-- Only a month that is over has a last day to value it on.
months as (
    select distinct events.entity_id, events.period_month, {{ end_of_month('events.event_date') }} as month_end
    from events
    where {{ end_of_month('events.event_date') }} <= {{ known_until() }}
),

carried as (
    select
        moved.entity_id, months.period_month, months.month_end, moved.account_number, moved.sub_account, moved.currency_code, moved.base_currency_code,
        {{ sum_minor('moved.signed_minor') }} as balance_minor, cast(sum(moved.unrated_lines) as bigint) as unrated_lines,
        case when sum(moved.unrated_lines) = 0 then {{ sum_minor('moved.signed_base_minor') }} end as carried_base_minor
    from moved
    inner join months
        on moved.entity_id = months.entity_id
        and moved.period_month <= months.period_month
    group by
        moved.entity_id, months.period_month, months.month_end, moved.account_number, moved.sub_account, moved.currency_code, moved.base_currency_code
),

valued as (
    select
        carried.*, rates.rate,
        {{ convert_minor('carried.balance_minor', 'carried.currency_code', 'carried.base_currency_code', 'rates.rate', 'rates.rate_base_currency_code') }}
            as valued_base_minor
    from carried
    left join rates
        on carried.currency_code = rates.from_currency_code
        and carried.base_currency_code = rates.to_currency_code
        and carried.month_end = rates.rate_date
)

select
    entity_id, period_month, month_end, account_number, sub_account, currency_code, balance_minor, base_currency_code, unrated_lines, carried_base_minor, rate,
    valued_base_minor, valued_base_minor - carried_base_minor as difference_minor
from valued
where balance_minor != 0 or carried_base_minor != 0 or unrated_lines > 0
