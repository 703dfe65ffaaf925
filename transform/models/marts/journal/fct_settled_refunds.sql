with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

test_orders as (
    select order_id from {{ ref('can_orders') }} where is_test
),

reconciliations as (
    select order_id, is_processor_connected from {{ ref('fct_order_reconciliation') }}
),

matches as (
    select refund_matches.refund_id, movements.*
    from {{ ref('fct_refund_matches') }} as refund_matches
    inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
    where refund_matches.refund_id is not null
),

contents as (
    select
        refund_id, {{ sum_minor('net_minor + tax_minor') }} as worth_minor, {{ sum_minor('tax_minor') }} as tax_minor,
        count(case when net_minor != 0 or tax_minor != 0 then 1 end) as lines
    from {{ ref('can_refund_lines') }}
    group by refund_id
),

paid as (
    select order_id, {{ sum_minor('amount_minor') }} as paid_minor from {{ ref('fct_settled_legs') }} group by order_id
),

worths as (
    select * from {{ ref('fct_order_worths') }}
),

refunds as (
    select
        refunds.refund_id, refunds.order_id, coalesce(recognitions.entity_id, refunds.entity_id) as entity_id, refunds.refunded_at, refunds.refund_date,
        recognitions.recognised_date, refunds.currency_code, coalesce(contents.worth_minor, 0) as worth_minor, coalesce(contents.tax_minor, 0) as tax_minor,
        coalesce(deferred_orders.is_tax_due_on_payment, false) as is_tax_due_on_payment, refunds.amount_minor as stated_minor, refunds.tender_type = 'terms' and contents.lines > 0 as is_of_terms,
        coalesce(recognitions.recognition_policy = 'on_fulfilment', false)
            and (recognitions.recognised_date is null or refunds.refund_date < recognitions.recognised_date) as is_advance,
        case
            when refunds.tender_type in ('gift_card', 'store_credit', 'manual') then refunds.tender_type
            when refunds.tender_type = 'terms' and recognitions.recognised_date is not null then refunds.tender_type
            when reconciliations.is_processor_connected or reconciliations.order_id is null then 'processor'
            else 'unconnected'
        end as tender,
        greatest(coalesce(worths.worth_minor, 0) - coalesce(paid.paid_minor, 0), 0) as open_minor,
        greatest(coalesce(paid.paid_minor, 0) - coalesce(worths.worth_minor, 0), 0) as overpaid_minor
    from {{ ref('can_refunds') }} as refunds
    left join contents using (refund_id)
    left join recognitions on refunds.order_id = recognitions.order_id
    left join reconciliations on refunds.order_id = reconciliations.order_id
    left join test_orders on refunds.order_id = test_orders.order_id
    left join paid on refunds.order_id = paid.order_id
    left join worths on refunds.order_id = worths.order_id
    left join {{ ref('fct_deferred_orders') }} as deferred_orders on refunds.order_id = deferred_orders.order_id
    where refunds.refund_status in ('succeeded', 'pending') and test_orders.order_id is null
        and (recognitions.order_id is null or recognitions.recognised_date is not null or recognitions.recognition_policy = 'on_fulfilment')
        and (refunds.amount_minor != 0 or coalesce(contents.lines, 0) > 0)
),

-- On terms nothing was paid, and before the sale counts nothing is owed: such goods are taken off what will be owed.
dated as (
    select
        *,
        case when is_advance then refund_date else greatest(refund_date, coalesce(recognised_date, refund_date)) end as entry_date,
        greatest(worth_minor - amount_minor, 0) as unpaid_minor,
        greatest(amount_minor - worth_minor, 0) as beyond_minor
    from (select *, case when is_of_terms and is_advance then 0 else stated_minor end as amount_minor from refunds) as stated
),

running as (
    select
        *,
        cast(sum(unpaid_minor) over (partition by order_id order by refunded_at, refund_id rows unbounded preceding) as bigint) as unpaid_after_minor,
        cast(sum(beyond_minor) over (partition by order_id order by refunded_at, refund_id rows unbounded preceding) as bigint) as beyond_after_minor
    from dated
),

-- Goods credited without money lower what the buyer still owes; money without goods first gives back what was overpaid.
settled as (
    select
        running.refund_id, running.order_id, running.entity_id, running.entry_date, running.recognised_date, running.is_advance,
        case when matches.movement_id is not null then 'clearing' when running.tender = 'processor' then 'refund_due' else running.tender end as tender,
        matches.movement_id, matches.platform || ':' || matches.account_id as sub_account,
        running.currency_code, running.amount_minor,
        coalesce(-matches.amount_minor, running.amount_minor) as money_minor,
        coalesce(matches.currency_code, running.currency_code) as money_currency_code,
        least(running.unpaid_after_minor, running.open_minor) - least(running.unpaid_after_minor - running.unpaid_minor, running.open_minor)
            as credited_minor,
        running.unpaid_minor, running.worth_minor, running.tax_minor, running.is_tax_due_on_payment,
        least(running.beyond_after_minor, running.overpaid_minor)
            - least(running.beyond_after_minor - running.beyond_minor, running.overpaid_minor) as returned_minor,
        running.beyond_minor
    from running
    left join matches
        on running.refund_id = matches.refund_id
        and running.entity_id = matches.entity_id
        and running.entry_date = matches.movement_date
),

-- Before the sale counts there is nothing to credit: only what was paid in advance goes back, with the tax that was due on it; the rest waits for the sale.
advanced as (
    select
        *,
        case
            when not is_advance or not is_tax_due_on_payment then 0
            when credited_minor = 0 then tax_minor
            else {{ half_even_divide('cast(tax_minor as hugeint) * (worth_minor - credited_minor)', 'worth_minor') }}
        end as advance_tax_minor
    from settled
)

select
    refund_id, order_id, entity_id, entry_date, recognised_date, is_advance, tender, movement_id, sub_account, currency_code, amount_minor, money_minor,
    money_currency_code, credited_minor, unpaid_minor, returned_minor, beyond_minor,
    case when is_advance then worth_minor - credited_minor - advance_tax_minor else 0 end as advance_minor, cast(advance_tax_minor as bigint) as advance_tax_minor
from advanced
