with

treatments as (
    select * from {{ ref('fct_tax_treatments') }}
),

due as (
    select order_id from {{ ref('fct_deferred_orders') }} where is_tax_due_on_payment
),

worths as (
    select * from {{ ref('fct_order_worths') }}
),

order_rates as (
    select * from {{ ref('fct_order_rates') }}
),

-- What was paid of the order so far, and the tax in it.
paid as (
    select
        legs.order_id, legs.entity_id, legs.settled_leg_id, legs.settled_date, legs.recognised_date, {{ payment_event('legs') }} as event_id,
        cast(sum(legs.amount_minor - legs.overpaid_minor) over (
            partition by legs.order_id order by legs.settled_date, legs.settled_leg_id rows unbounded preceding
        ) as bigint) as paid_minor,
        cast(sum(legs.advance_tax_minor) over (
            partition by legs.order_id order by legs.settled_date, legs.settled_leg_id rows unbounded preceding
        ) as bigint) as paid_tax_minor
    from {{ ref('fct_settled_legs') }} as legs
    inner join due using (order_id)
    where legs.is_advance
),

taxed as (
    select
        treatments.* exclude (entity_id), paid.entity_id, paid.settled_leg_id, paid.settled_date, paid.recognised_date, paid.event_id, paid.paid_minor,
        paid.paid_tax_minor, worths.worth_minor, abs(treatments.tax_minor) as weight_minor
    from treatments
    inner join paid using (order_id)
    inner join worths using (order_id)
),

shared as (
    {{ largest_remainder('taxed', group_by='settled_leg_id', order_by='tax_line_id', total='paid_tax_minor', weight='weight_minor', share='tax_after_minor') }}
),

-- Each payment bears what is due after it, less what was due before it: once all is paid, each tax is due as it was charged.
reached as (
    select
        *, case when worth_minor > 0 then {{ half_even_divide('cast(taxable_minor as hugeint) * paid_minor', 'worth_minor') }} else 0 end as base_after_minor
    from shared
),

received as (
    select
        'advance:' || settled_leg_id || ':' || tax_line_id as tax_event_id, 'advance' as event_type, settled_date as event_date, settled_date as supply_date,
        recognised_date, event_id, 'je:' || entity_id || ':' || order_id || ':captured' as settling_event_id, settled_date as rate_date,
        entity_id, order_id, settled_leg_id, cast(null as varchar) as refund_id, tax_line_id, line_type, jurisdiction, scheme, tax_name, rate_ppm,
        tax_code, box, currency_code,
        base_after_minor - coalesce(lag(base_after_minor) over (partition by tax_line_id order by settled_date, settled_leg_id), 0) as taxable_minor,
        tax_after_minor - coalesce(lag(tax_after_minor) over (partition by tax_line_id order by settled_date, settled_leg_id), 0) as tax_minor
    from reached
),

-- Of goods given back, what had been paid of them.
refunded as (
    select
        returned.* exclude (entity_id), refunds.entity_id, refunds.entry_date, refunds.recognised_date, refunds.credited_minor, refunds.advance_tax_minor,
        refunds.amount_minor + refunds.unpaid_minor - refunds.beyond_minor as worth_minor, abs(returned.tax_minor) as weight_minor,
        coalesce(order_rates.rate_date, refunds.entry_date) as rate_date
    from {{ ref('fct_refund_tax_lines') }} as returned
    inner join {{ ref('fct_settled_refunds') }} as refunds using (refund_id)
    inner join due on refunds.order_id = due.order_id
    left join order_rates on refunds.order_id = order_rates.order_id
    where refunds.is_advance
),

parted as (
    {{ largest_remainder('refunded', group_by='refund_id', order_by='refund_tax_line_id', total='advance_tax_minor', weight='weight_minor', share='tax_share_minor') }}
),

given_back as (
    select
        'advance_' || refund_tax_line_id, 'advance_return', entry_date, rate_date, recognised_date,
        'je:' || entity_id || ':' || refund_id || ':refunded', 'je:' || entity_id || ':' || refund_id || ':released', rate_date,
        entity_id, order_id, cast(null as varchar), refund_id, tax_line_id, line_type, jurisdiction, scheme, tax_name, rate_ppm, tax_code, box, currency_code,
        case
            when credited_minor = 0 then -taxable_minor
            else -{{ half_even_divide('cast(taxable_minor as hugeint) * (worth_minor - credited_minor)', 'worth_minor') }}
        end,
        case when credited_minor = 0 then -tax_minor else -tax_share_minor end
    from parted
),

due_at_once as (
    select * from received
    union all
    select * from given_back
),

-- The sale owes the whole tax, and takes off what was due before.
events as (
    select *, event_date as counted_date, event_id as entry_event_id, 1 as sign from due_at_once
    union all
    select *, recognised_date, settling_event_id, -1 from due_at_once where recognised_date is not null
)

select
    case sign when 1 then tax_event_id else tax_event_id || ':settled' end as tax_event_id, case sign when 1 then event_type else event_type || '_settled' end as event_type,
    counted_date as event_date, case sign when 1 then supply_date else counted_date end as supply_date, entry_event_id as event_id, rate_date, entity_id,
    order_id, settled_leg_id, refund_id, tax_line_id, line_type, jurisdiction, scheme, tax_name, rate_ppm, tax_code, box,
    cast(sign * taxable_minor as bigint) as taxable_minor, cast(sign * tax_minor as bigint) as tax_minor, currency_code
from events
where taxable_minor != 0 or tax_minor != 0
