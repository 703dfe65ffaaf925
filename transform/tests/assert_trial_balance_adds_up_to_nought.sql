{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'trial_balance', 'severity': 'blocks'}) }}
-- All accounts of an entity and month add up to nought in the books' currency, and each month opens with what the one before closed on, in both currencies.
-- An account stands there once a month from the month it first moved, with what the ready lines of the journal debit and credit it.
-- A failure means that an unbalanced entry was let through, or that a line lost its account.
with

balances as (
    select
        *,
        lag(closing_minor) over (partition by entity_id, account_number, currency_code, base_currency_code order by period_month) as previous_minor,
        lag(base_closing_minor) over (partition by entity_id, account_number, currency_code, base_currency_code order by period_month) as previous_base_minor,
        row_number() over (partition by entity_id, account_number, currency_code, base_currency_code order by period_month) as nth
    from {{ ref('fct_trial_balance') }}
),

ready as (
    select entry_id from {{ ref('fct_journal_entries') }} where entry_status = 'ready'
),

sides as (
    select entity_id, period_month, account_number, currency_code, signed_minor as net_minor, abs(signed_minor) as moved_minor, 0 as times
    from {{ ref('fct_journal_lines') }}
    inner join ready using (entry_id)
    union all
    select entity_id, period_month, account_number, currency_code, credits_minor - debits_minor, -debits_minor - credits_minor, 1
    from balances
)

select entity_id || ' ' || period_month as reference, {{ sum_minor('base_closing_minor') }} as residue_minor
from balances
group by entity_id, period_month
having sum(base_closing_minor) != 0 or sum(base_debits_minor) != sum(base_credits_minor)
union all
select entity_id || ' ' || period_month || ' ' || account_number, opening_minor
from balances
where opening_minor != coalesce(previous_minor, 0) or opening_minor + debits_minor - credits_minor != closing_minor
    or base_opening_minor != coalesce(previous_base_minor, 0) or base_opening_minor + base_debits_minor - base_credits_minor != base_closing_minor
    or (nth = 1 and debits_minor = 0 and credits_minor = 0 and base_debits_minor = 0 and base_credits_minor = 0)
union all
select entity_id || ' ' || period_month || ' ' || account_number || ' ' || currency_code, sum(net_minor)
from sides
group by entity_id, period_month, account_number, currency_code
having sum(net_minor) != 0 or sum(moved_minor) != 0 or sum(times) != 1
