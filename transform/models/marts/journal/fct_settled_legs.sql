with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

entities as (
    select * from {{ ref('entities') }}
),

movements as (
    select * from {{ ref('can_processor_movements') }} where movement_type = 'charge'
),

matches as (
    select * from {{ ref('fct_payment_matches') }} where order_payment_id is not null and movement_id is not null
),

worths as (
    select * from {{ ref('fct_order_worths') }}
),

charged as (
    select
        matches.order_payment_id as settled_leg_id, matches.order_id, 'clearing' as tender,
        movements.platform || ':' || movements.account_id as sub_account,
        movements.movement_date as settled_date, movements.movement_id, cast(null as varchar) as bank_line_id, movements.entity_id as money_entity_id,
        case when matches.leg_currency_code = movements.currency_code then movements.amount_minor else matches.leg_minor end as amount_minor,
        movements.amount_minor as money_minor, movements.currency_code as money_currency_code
    from matches
    inner join movements using (movement_id)
),

-- Tender that no processor sees, and captures of gateways nobody connected; a connected one without its charge is still owed.
others as (
    select
        payments.order_payment_id, payments.order_id,
        case when payments.tender_type in ('card', 'other') then 'unconnected' else payments.tender_type end,
        cast(null as varchar),
        greatest({{ local_date('payments.processed_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }}, recognitions.order_date),
        cast(null as varchar), cast(null as varchar), recognitions.entity_id, payments.amount_minor, payments.amount_minor, payments.currency_code
    from {{ ref('can_order_payments') }} as payments
    inner join recognitions
        on payments.order_id = recognitions.order_id
        and payments.currency_code = recognitions.currency_code
    inner join {{ ref('fct_order_reconciliation') }} as reconciliations
        on payments.order_id = reconciliations.order_id
    left join entities on recognitions.entity_id = entities.entity_id
    left join matches on payments.order_payment_id = matches.order_payment_id
    where payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded'
        and payments.tender_type != 'terms' and matches.order_payment_id is null
        and (payments.tender_type not in ('card', 'other') or not reconciliations.is_processor_connected)
),

-- A channel that never says how it was paid was paid somewhere we can not see.
unsaid as (
    select
        'order:' || recognitions.order_id, recognitions.order_id, 'unconnected', cast(null as varchar), recognitions.recognised_date,
        cast(null as varchar), cast(null as varchar), recognitions.entity_id, worths.worth_minor, worths.worth_minor, recognitions.currency_code
    from recognitions
    inner join worths using (order_id)
    where recognitions.recognition_policy = 'on_order'
),

banked as (
    select
        bank_line_id, order_id, 'bank', bank_account, value_date, cast(null as varchar), bank_line_id, entity_id, amount_minor, amount_minor, currency_code
    from {{ ref('fct_bank_receipts') }}
    where settles = 'receivable'
),

legs as (
    select * from charged
    union all
    select * from others
    union all
    select * from unsaid
    union all
    select * from banked
),

running as (
    select
        legs.*, recognitions.entity_id, recognitions.currency_code, recognitions.recognised_date,
        recognitions.recognition_policy = 'on_fulfilment' as is_deferred, coalesce(deferred_orders.is_tax_due_on_payment, false) as is_tax_due_on_payment,
        coalesce(worths.worth_minor, 0) as worth_minor, coalesce(worths.tax_minor, 0) as tax_minor,
        cast(sum(legs.amount_minor) over (partition by legs.order_id order by legs.settled_date, legs.settled_leg_id rows unbounded preceding) as bigint)
            as paid_after_minor
    from legs
    inner join recognitions using (order_id)
    left join worths using (order_id)
    left join {{ ref('fct_deferred_orders') }} as deferred_orders using (order_id)
    where legs.amount_minor != 0 or legs.money_minor != 0
),

placed as (
    select
        *,
        paid_after_minor - amount_minor as paid_before_minor,
        case when recognised_date is null or settled_date < recognised_date then 'before' when settled_date = recognised_date then 'same_day' else 'after' end as moment
    from running
),

-- What goes beyond the order's worth is owed back; of a payment in advance whose tax is due, tax is the share paid so far less the share paid before.
settled as (
    select
        settled_leg_id, order_id, entity_id, tender, sub_account, settled_date, movement_id, bank_line_id, money_entity_id, amount_minor, currency_code,
        money_minor, money_currency_code, recognised_date, moment, is_deferred and moment = 'before' as is_advance,
        greatest(paid_after_minor, worth_minor) - greatest(paid_before_minor, worth_minor) as overpaid_minor,
        case
            when is_deferred and is_tax_due_on_payment and moment = 'before' and worth_minor > 0
                then {{ half_even_divide('cast(tax_minor as hugeint) * least(paid_after_minor, worth_minor)', 'worth_minor') }}
                    - {{ half_even_divide('cast(tax_minor as hugeint) * least(paid_before_minor, worth_minor)', 'worth_minor') }}
            else 0
        end as advance_tax_minor
    from placed
)

select * from settled
