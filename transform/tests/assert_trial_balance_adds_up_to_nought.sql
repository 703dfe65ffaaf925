{{ config(tags=['identity'], meta={'identity': 'trial_balance', 'severity': 'blocks'}) }}
-- All accounts of an entity and month add up to nought in the books' currency, and each month opens with what the one before closed on.
-- A failure means that an unbalanced entry was let through, or that a line lost its account.
with

balances as (
    select
        *,
        lag(closing_minor) over (partition by entity_id, account_number, currency_code, base_currency_code order by period_month) as previous_minor
    from {{ ref('fct_trial_balance') }}
)

select entity_id || ' ' || period_month as reference, {{ sum_minor('base_closing_minor') }} as residue_minor
from balances
group by entity_id, period_month
having sum(base_closing_minor) != 0 or sum(base_debits_minor) != sum(base_credits_minor)
union all
select entity_id || ' ' || period_month || ' ' || account_number, opening_minor
from balances
where opening_minor != coalesce(previous_minor, 0) or opening_minor + debits_minor - credits_minor != closing_minor
