{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-14', 'severity': 'blocks'}) }}
-- I-14: the clearing account of the journal moves by what the processor's balance moved, per processor account, month and currency; entries that are
-- held are counted in, for they are listed apart. And the account of clearing holds nothing else.
-- A failure means that a movement is posted elsewhere, or something else to clearing. It does not mean that the processor is wrong.
with

posted as (
    select entity_id, sub_account, period_month, currency_code, {{ sum_minor('signed_minor') }} as posted_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'clearing'
    group by entity_id, sub_account, period_month, currency_code
),

rolled as (
    select entity_id, platform || ':' || account_id as sub_account, period_month, currency_code, computed_closing_minor - opening_minor as moved_minor
    from {{ ref('fct_clearing_months') }}
),

clearing_accounts as (
    select distinct entity_id, account_number from {{ ref('fct_journal_lines') }} where posting_key = 'clearing'
),

strangers as (
    select distinct lines.entry_id
    from {{ ref('fct_journal_lines') }} as lines
    inner join clearing_accounts using (entity_id, account_number)
    where lines.posting_key not in ('clearing', 'revalued')
)

select coalesce(posted.entity_id, rolled.entity_id) || ' ' || coalesce(posted.period_month, rolled.period_month) as reference,
    posted.posted_minor, rolled.moved_minor
from posted
full outer join rolled
    on posted.entity_id = rolled.entity_id
    and posted.sub_account = rolled.sub_account
    and posted.period_month = rolled.period_month
    and posted.currency_code = rolled.currency_code
where coalesce(posted.posted_minor, 0) != coalesce(rolled.moved_minor, 0)
union all
select entry_id, null, null from strangers
