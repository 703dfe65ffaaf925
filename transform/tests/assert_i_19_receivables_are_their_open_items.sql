{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-19', 'severity': 'blocks'}) }}
-- I-19: what the journal says is owed to us is the sum of the open orders, each invoiced less received, credited and discounted, and of their ageing buckets;
-- and no order owes more or less than its worth less what was paid and credited.
-- A failure means that a payment was posted to no order or to the wrong one.
with

posted as (
    select entity_id, currency_code, {{ sum_minor('signed_minor') }} as closing_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'receivable'
    group by entity_id, currency_code
),

items as (
    select entity_id, currency_code, {{ sum_minor('open_minor') }} as open_minor,
        {{ sum_minor("case when ageing_bucket in ('0-30', '31-60', '61-90', '90+') then open_minor else 0 end") }} as aged_minor,
        {{ sum_minor('abs(invoiced_minor - received_minor - credited_minor - discounted_minor - open_minor)') }} as unexplained_minor
    from {{ ref('fct_receivables') }}
    group by entity_id, currency_code
),

paid as (
    select order_id, {{ sum_minor('amount_minor - overpaid_minor') }} as paid_minor from {{ ref('fct_settled_legs') }} group by order_id
),

credited as (
    select order_id, {{ sum_minor("credited_minor + case when tender = 'terms' then money_minor else 0 end") }} as credited_minor
    from {{ ref('fct_settled_refunds') }}
    group by order_id
),

discounted as (
    select order_id, {{ sum_minor('discount_minor') }} as discount_minor from {{ ref('fct_early_payment_discounts') }} group by order_id
),

expected as (
    select recognitions.entity_id, recognitions.currency_code,
        {{ sum_minor('worths.worth_minor - coalesce(paid.paid_minor, 0) - coalesce(credited.credited_minor, 0) - coalesce(discounted.discount_minor, 0)') }} as expected_minor
    from {{ ref('fct_order_recognitions') }} as recognitions
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    left join paid using (order_id)
    left join credited using (order_id)
    left join discounted using (order_id)
    where recognitions.recognised_date is not null
    group by recognitions.entity_id, recognitions.currency_code
)

select posted.entity_id, posted.currency_code, posted.closing_minor, items.open_minor, items.aged_minor, expected.expected_minor
from posted
full outer join items using (entity_id, currency_code)
full outer join expected using (entity_id, currency_code)
where coalesce(posted.closing_minor, 0) != coalesce(items.open_minor, 0)
    or coalesce(items.open_minor, 0) != coalesce(items.aged_minor, 0)
    or coalesce(items.unexplained_minor, 0) != 0
    or coalesce(posted.closing_minor, 0) != coalesce(expected.expected_minor, 0)
