{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-09', 'severity': 'blocks'}) }}
-- I-09: the newest balance of a processor account stands beside the closing of its newest month, and beside no other month.
-- A failure means that a roll-forward passes unchecked, or is held against the balance of another day or account.
with

months as (
    select platform, account_id, currency_code, max(period_month) as newest_month
    from {{ ref('fct_clearing_months') }}
    group by platform, account_id, currency_code
),

days as (
    select platform, account_id, currency_code, max(as_of_at) as newest_at
    from {{ ref('can_processor_balances') }}
    group by platform, account_id, currency_code
),

newest as (
    select distinct balances.platform, balances.account_id, balances.currency_code, balances.available_minor + balances.pending_minor as balance_minor
    from {{ ref('can_processor_balances') }} as balances
    inner join days
        on balances.platform = days.platform
        and balances.account_id = days.account_id
        and balances.currency_code = days.currency_code
        and balances.as_of_at is not distinct from days.newest_at
),

reported as (
    select platform, account_id, currency_code, period_month, reported_closing_minor
    from {{ ref('fct_clearing_months') }}
    where reported_closing_minor is not null
),

-- Two balances of one moment may differ: the month shows one of them.
shown as (
    select
        reported.platform, reported.account_id, reported.currency_code,
        max(case when reported.reported_closing_minor = newest.balance_minor then 1 else 0 end) as is_shown
    from reported
    left join newest using (platform, account_id, currency_code)
    group by reported.platform, reported.account_id, reported.currency_code
)

select months.platform || ' ' || months.account_id || ' ' || months.currency_code as reference
from months
inner join newest using (platform, account_id, currency_code)
left join shown using (platform, account_id, currency_code)
where newest.balance_minor is not null and coalesce(shown.is_shown, 0) != 1
union all
select reported.platform || ' ' || reported.account_id || ' ' || reported.currency_code
from reported
inner join months using (platform, account_id, currency_code)
where reported.period_month != months.newest_month
