with

months as (
    select distinct entity_id, period_month from {{ ref('fct_bridge_ends') }}
),

clearing_months as (
    select *, max(period_month) over (partition by entity_id, platform, account_id, currency_code) as newest_month
    from {{ ref('fct_clearing_months') }}
),

-- A processor says its balance for today only; from a later month the chain of movements leads back to this one.
balances as (
    select
        months.entity_id, months.period_month, months.currency_code, months.newest_month, months.computed_closing_minor,
        newest.computed_closing_minor as newest_closing_minor, newest.reported_closing_minor
    from clearing_months as months
    inner join clearing_months as newest
        on months.entity_id = newest.entity_id
        and months.platform = newest.platform
        and months.account_id = newest.account_id
        and months.currency_code = newest.currency_code
        and months.newest_month = newest.period_month
),

charges as (
    select
        matches.*, matches.order_payment_id is null and matches.charge_minor != 0 and differences.difference_id is null as is_lost
    from {{ ref('fct_payment_matches') }} as matches
    left join {{ ref('fct_differences') }} as differences
        on differences.difference_id = 'charge:' || matches.payment_match_id
    where matches.movement_id is not null
),

refunds as (
    select matches.*, movements.entity_id, matches.refund_id is null and differences.difference_id is null as is_lost
    from {{ ref('fct_refund_matches') }} as matches
    inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
    left join {{ ref('fct_differences') }} as differences
        on differences.difference_id = 'settlement:' || matches.movement_id || ':amount'
    where matches.movement_minor != 0
),

bridge_steps as (
    select
        *, position = max(position) over (partition by entity_id, period_month, currency_code, bridge) as is_end
    from {{ ref('fct_bridge') }}
),

bridges as (
    select entity_id, period_month, currency_code, bridge,
        {{ sum_minor('case when is_end then -amount_minor else amount_minor end') }} as gap_minor
    from bridge_steps
    group by entity_id, period_month, currency_code, bridge
),

-- What each check looked at, and which of it contradicts its claim, with the money in it.
examined as (
    select entity_id, event_month as period_month, 'orders_known' as check_code, cast(null as varchar) as reason_code, currency_code,
        'refund lines' as what, recognition_policy = 'order_unknown' as is_wrong, abs(net_revenue_minor) as amount_minor
    from {{ ref('fct_net_revenue') }}
    where event_type != 'sale'
    union all
    select charge_entity_id, {{ month_key('charge_date') }}, 'I-06', null, charge_currency_code, 'charges', is_lost, charge_minor from charges
    union all
    select entity_id, {{ month_key('movement_date') }}, 'refund_matches', null, movement_currency_code, 'refunds', is_lost, movement_minor from refunds
    union all
    select entity_id, {{ month_key('sent_date') }}, 'I-08', null, currency_code, 'payouts',
        is_automatic and payout_status in ('paid', 'in_transit') and unexplained_minor != 0, abs(unexplained_minor)
    from {{ ref('fct_payouts') }}
    union all
    select entity_id, {{ month_key('sent_date') }}, 'I-10', null, currency_code, 'payouts', bank_line_id is null, abs(amount_minor)
    from {{ ref('fct_payouts') }}
    union all
    select entity_id, period_month, 'I-20', null, currency_code, 'bridges', gap_minor != 0, abs(gap_minor) from bridges
    union all
    select entity_id, period_month, 'UNX-00', null, currency_code, 'differences', reason_code = 'UNX-00', abs(amount_minor)
    from {{ ref('fct_differences') }}
    union all
    select entity_id, period_month, 'for_a_person', reason_code, currency_code, 'differences', true, abs(amount_minor)
    from {{ ref('fct_differences') }}
    where needs_a_human and reason_code != 'UNX-00' and coalesce(bridge, '') not in ('net_revenue_to_books', 'storefront_to_net_revenue')
    union all
    select entity_id, period_month, 'I-09', null, currency_code, 'balances',
        coalesce(newest_closing_minor != reported_closing_minor, true), abs(newest_closing_minor - coalesce(reported_closing_minor, 0))
    from balances
    union all
    select entity_id, period_month, 'revaluation', null, currency_code, 'balances', difference_minor is null, abs(balance_minor)
    from {{ ref('fct_revaluations') }}
    union all
    select entity_id, period_month, 'returns_provision', null, currency_code, 'provisions', method is null, provision_minor
    from {{ ref('fct_returns_provisions') }}
    union all
    select entity_id, period_month, 'I-13', reason_code, currency_code, 'differences', true, amount_minor
    from {{ ref('fct_differences') }}
    where bridge = 'net_revenue_to_books'
    union all
    select entity_id, period_month, check_code, null, currency_code, 'balances', difference_minor != 0, abs(difference_minor)
    from {{ ref('fct_close_balances') }}
    union all
    select entity_id, period_month, 'held_entries', coalesce(held_code, 'held'), base_currency_code, 'entries', true, abs(coalesce(base_amount_minor, 0))
    from {{ ref('fct_journal_entries') }}
    where entry_status = 'held'
    union all
    select entity_id, period_month, 'held_entries', null, base_currency_code, 'entries', false, 0
    from {{ ref('fct_journal_entries') }}
    where entry_status != 'held'
    union all
    select entity_id, period_month, 'trial_balance', case when difference_minor != 0 then account_number end, currency_code, 'accounts',
        difference_minor != 0, difference_minor
    from {{ ref('fct_close_trial_balance') }}
),

checked as (
    select
        entity_id, period_month, check_code, reason_code, currency_code, min(what) as what, cast(count(*) as bigint) as examined,
        cast(sum(case when is_wrong then 1 else 0 end) as bigint) as contradictions,
        {{ sum_minor('case when is_wrong then amount_minor else 0 end') }} as amount_minor
    from examined
    group by entity_id, period_month, check_code, reason_code, currency_code
),

listed as (
    select months.entity_id, months.period_month, checks.check_code
    from months
    cross join {{ ref('dim_close_checks') }} as checks
    where checks.check_code in (
        'orders_known', 'I-06', 'refund_matches', 'I-08', 'I-10', 'I-20', 'UNX-00', 'for_a_person', 'I-09', 'I-14',
        'I-15', 'I-16', 'I-17', 'I-18', 'I-19', 'I-28', 'held_entries', 'trial_balance', 'revaluation', 'returns_provision', 'I-13'
    )
)

select
    listed.entity_id || ':' || listed.period_month || ':' || listed.check_code || ':' || coalesce(checked.reason_code, '') || ':'
        || coalesce(checked.currency_code, '') as close_check_id,
    listed.entity_id, listed.period_month, listed.check_code, checked.reason_code, checked.currency_code,
    checked.what, coalesce(checked.examined, 0) as examined, coalesce(checked.contradictions, 0) as contradictions,
    checked.amount_minor
from listed
left join checked using (entity_id, period_month, check_code)
