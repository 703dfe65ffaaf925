{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: where tax is due with payments in advance, what was paid of an order owes the same share of each of its taxes, and what is given back before the sale
-- no longer does; where tax is due on fulfilment, or for an order that does not wait, neither does.
-- A failure means that a return states tax that no payment owed, or forgets some. It does not mean that the policy is the law's.
with

policies as (
    select orders.order_id, deferred.is_tax_due_on_payment,
        (select max(tax_due) from {{ ref('advance_tax_policies') }} as own where own.entity_id = orders.entity_id) as own_tax_due,
        (select max(tax_due) from {{ ref('advance_tax_policies') }} as every where every.entity_id = '*') as tax_due
    from {{ ref('can_orders') }} as orders
    inner join {{ ref('fct_deferred_orders') }} as deferred using (order_id)
),

due as (
    select order_id from policies where coalesce(own_tax_due, tax_due) = 'on_payment'
),

paid as (
    select
        legs.order_id, max(worths.worth_minor) as worth_minor, max(worths.tax_minor) as order_tax_minor, {{ sum_minor('legs.advance_tax_minor') }} as tax_minor,
        {{ sum_minor('case when legs.is_advance then legs.amount_minor - legs.overpaid_minor else 0 end') }} as paid_minor
    from {{ ref('fct_settled_legs') }} as legs
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    group by legs.order_id
),

refunded as (
    select refunds.*, coalesce(lines.tax_minor, 0) as lines_tax_minor, coalesce(lines.worth_minor, 0) as worth_minor
    from {{ ref('fct_settled_refunds') }} as refunds
    left join (
        select refund_id, sum(tax_minor) as tax_minor, sum(net_minor + tax_minor) as worth_minor from {{ ref('can_refund_lines') }} group by refund_id
    ) as lines using (refund_id)
),

lined as (
    select coalesce(settled_leg_id, refund_id) as key, {{ sum_minor('tax_minor') }} as tax_minor
    from {{ ref('fct_advance_tax_lines') }}
    where event_type in ('advance', 'advance_return')
    group by coalesce(settled_leg_id, refund_id)
),

stated as (
    select settled_leg_id as key, advance_tax_minor as tax_minor from {{ ref('fct_settled_legs') }}
    union all
    select refund_id, -advance_tax_minor from {{ ref('fct_settled_refunds') }}
),

-- Of an order paid in full, each tax is due as it was charged, but for the cent its header rounds.
charged as (
    select lines.tax_line_id, {{ sum_minor('lines.tax_minor') }} as tax_minor, {{ sum_minor('lines.taxable_minor') }} as taxable_minor
    from {{ ref('fct_advance_tax_lines') }} as lines
    where lines.event_type = 'advance' and lines.order_id in (select order_id from paid where paid_minor >= worth_minor)
    group by lines.tax_line_id
)

select order_id as reference from policies where is_tax_due_on_payment is distinct from (coalesce(own_tax_due, tax_due) = 'on_payment')
union all
select order_id
from paid
where worth_minor > 0
    and abs(tax_minor * cast(worth_minor as hugeint) - case when order_id in (select order_id from due) then order_tax_minor * cast(paid_minor as hugeint) else 0 end)
        * 2 > case when order_id in (select order_id from due) then worth_minor else 0 end
union all
select refund_id
from refunded
where case
        when is_advance and order_id in (select order_id from due)
            then abs(advance_tax_minor * cast(worth_minor as hugeint) - lines_tax_minor * cast(worth_minor - credited_minor as hugeint)) * 2 > abs(worth_minor)
        else advance_tax_minor != 0
    end
    or advance_minor != case when is_advance then worth_minor - credited_minor - advance_tax_minor else 0 end
union all
select coalesce(lined.key, stated.key)
from lined
full outer join stated using (key)
where coalesce(lined.tax_minor, 0) != coalesce(stated.tax_minor, 0)
union all
select charged.tax_line_id
from charged
inner join {{ ref('fct_tax_treatments') }} as treatments using (tax_line_id)
where abs(charged.tax_minor - treatments.tax_minor) > (
        select coalesce(max(abs(rounding_minor)), 0) from {{ ref('fct_tax_roundings') }} as roundings where roundings.order_id = treatments.order_id
    )
    or charged.taxable_minor != treatments.taxable_minor
union all
-- Of goods that were paid in full, what goes back is their whole base.
select refunds.refund_id
from (
    select refund_id, sum(taxable_minor) as taxable_minor from {{ ref('fct_advance_tax_lines') }} where event_type = 'advance_return' group by refund_id
) as given_back
inner join {{ ref('fct_settled_refunds') }} as refunds using (refund_id)
inner join (
    select refund_id, sum(taxable_minor) as taxable_minor from {{ ref('fct_refund_tax_lines') }} group by refund_id
) as whole using (refund_id)
where refunds.credited_minor = 0 and given_back.taxable_minor != -whole.taxable_minor
