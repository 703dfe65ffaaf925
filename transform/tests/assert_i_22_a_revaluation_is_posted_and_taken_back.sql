{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-22', 'severity': 'blocks'}) }}
-- I-22: what the end of a month gained or lost on a balance is posted on its last day, and taken back on the next, to the cent;
-- a balance whose worth or carrying is not known yet has an entry that waits on both days, and no amount in the books' currency.
-- A failure means that an unrealised gain is posted which nobody found, kept into the next month, or forgotten.
with

found as (
    select * from {{ ref('fct_revaluations') }}
),

posted as (
    select
        lines.entity_id, lines.account_number, coalesce(lines.sub_account, '') as sub_account, events.currency_code, events.period_month,
        sum(case when lines.event_id like '%:revalued' then lines.signed_base_minor else 0 end) as valued_minor,
        sum(case when lines.event_id like '%:revaluation_reversed' then lines.signed_base_minor else 0 end) as reversed_minor,
        count(*) as lines, count(lines.signed_base_minor) as valued_lines,
        min(case when lines.event_id like '%:revalued' then lines.entry_date end) as valued_date,
        min(case when lines.event_id like '%:revaluation_reversed' then lines.entry_date end) as reversed_date
    from {{ ref('fct_revaluation_lines') }} as lines
    inner join found as events
        on lines.event_id like 'je:' || events.entity_id || ':journal:' || events.account_number || ':' || events.sub_account || ':'
            || events.currency_code || ':' || events.period_month || ':%'
    where lines.posting_key = 'revalued'
    group by lines.entity_id, lines.account_number, coalesce(lines.sub_account, ''), events.currency_code, events.period_month
)

select found.entity_id || ' ' || found.period_month || ' ' || found.account_number as reference
from found
left join posted using (entity_id, account_number, sub_account, currency_code, period_month)
where (
    found.difference_minor != 0
    and (
        posted.valued_minor is distinct from found.difference_minor
        or posted.reversed_minor is distinct from -found.difference_minor
    )
)
or (found.difference_minor is null and found.balance_minor != 0 and (posted.lines is distinct from 2 or posted.valued_lines is distinct from 0))
or (found.difference_minor = 0 and posted.lines is not null)
or (
    posted.lines is not null
    and (
        posted.valued_date is distinct from found.month_end
        or posted.reversed_date is distinct from {{ add_days('found.month_end', 1) }}
    )
)
