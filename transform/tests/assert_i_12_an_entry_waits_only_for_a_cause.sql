{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: an entry waits exactly when one of its lines lacks a rate, an account, or an account the chart knows; it is about the order its payment or refund
-- is about, dated at the rate of its day, and bears no line of nought. The legs of an exchange are about one payment.
-- A failure means that an entry is held for nothing, posted though something lacks, or told of another order.
with

lines as (
    select
        lines.entry_id,
        max(case when lines.signed_base_minor is null then 1 else 0 end) as lacks_rate,
        max(case when lines.account_number is null then 1 else 0 end) as lacks_account,
        max(case when lines.account_number is not null and chart.account_number is null then 1 else 0 end) as lacks_in_chart
    from {{ ref('fct_journal_lines') }} as lines
    left join {{ ref('chart_of_accounts') }} as chart on lines.account_number = chart.account_number
    group by lines.entry_id
),

held as (
    select movement_id, order_id from {{ ref('fct_payment_matches') }} where movement_id is not null
    union all
    select movement_id, order_id from {{ ref('fct_refund_matches') }} where movement_id is not null
),

advances as (
    select order_id, min(settled_date) as settled_date from {{ ref('fct_settled_legs') }} where is_advance group by order_id
)

select entries.entry_id as reference
from {{ ref('fct_journal_entries') }} as entries
inner join lines using (entry_id)
where coalesce(entries.held_code, '') != case
        when lines.lacks_account = 1 then 'unmapped_account'
        when lines.lacks_in_chart = 1 then 'unknown_account'
        when lines.lacks_rate = 1 then 'CUR-03'
        when entries.held_code = 'unbalanced' then 'unbalanced'
        else ''
    end
union all
select events.event_id
from {{ ref('fct_money_events') }} as events
inner join held using (movement_id)
where events.order_id is distinct from held.order_id and events.event_type in ('refund', 'charge', 'processor_fee')
union all
select rates.order_id
from {{ ref('fct_order_rates') }} as rates
inner join {{ ref('fct_order_recognitions') }} as recognitions using (order_id)
left join advances using (order_id)
where rates.rate_date is null or rates.rate_date is distinct from coalesce(advances.settled_date, recognitions.recognised_date)
union all
select conversions.movement_id
from {{ ref('fct_currency_conversions') }} as conversions
inner join {{ ref('can_processor_movements') }} as leg on conversions.movement_id = leg.movement_id
inner join {{ ref('can_processor_movements') }} as first_leg on conversions.first_movement_id = first_leg.movement_id
where leg.charge_reference is distinct from first_leg.charge_reference or leg.account_id != first_leg.account_id
union all
-- The legs of an exchange have no other side but each other; a charge alone is owed back exactly where it is a second one; tax on fees is what the
-- processor states of it.
select event_id
from {{ ref('fct_movement_postings') }}
where posting_key = 'movement' and movement_id in (select movement_id from {{ ref('fct_currency_conversions') }})
union all
select event_id
from {{ ref('fct_movement_postings') }}
where posting_key = 'overpayment'
    and 'charge:charge:' || movement_id not in (select difference_id from {{ ref('fct_differences') }} where reason_code = 'SRC-03')
union all
select postings.movement_id
from {{ ref('fct_movement_postings') }} as postings
left join (
    select movement_id, sum(amount_minor) as tax_minor from {{ ref('can_processor_fees') }} where fee_type = 'tax' group by movement_id
) as taxes on postings.movement_id = taxes.movement_id
where postings.posting_key = 'fee' and postings.detail = 'tax' and postings.signed_minor != coalesce(taxes.tax_minor, 0)
union all
select first_movement_id from {{ ref('fct_currency_conversions') }} group by first_movement_id having count(*) != 2
union all
select entry_id from {{ ref('fct_journal_lines') }} where signed_minor = 0 and coalesce(signed_base_minor, 0) = 0
