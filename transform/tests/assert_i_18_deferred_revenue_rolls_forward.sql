{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-18', 'severity': 'blocks'}) }}
-- I-18: opening, received, released and refunded make the closing of deferred revenue, and the newest closing is what was paid for orders that
-- are not earned yet, without tax and less what was given back.
-- A failure means that revenue was released twice or never. It does not mean that an order is late.
with

months as (
    select *, row_number() over (partition by entity_id, currency_code order by period_month desc) as from_newest
    from {{ ref('fct_deferred_revenue') }}
),

unearned as (
    select entity_id, currency_code, amount_minor - overpaid_minor - advance_tax_minor as amount_minor
    from {{ ref('fct_settled_legs') }}
    where is_advance and recognised_date is null
    union all
    select refunds.entity_id, refunds.currency_code, -lines.net_minor - lines.tax_minor
    from {{ ref('can_refund_lines') }} as lines
    inner join {{ ref('fct_settled_refunds') }} as refunds using (refund_id)
    where refunds.is_advance and refunds.recognised_date is null
    union all
    -- Goods that were not paid were never deferred, nor was the tax that goes back at once.
    select entity_id, currency_code, credited_minor + advance_tax_minor
    from {{ ref('fct_settled_refunds') }}
    where is_advance and recognised_date is null
),

open_items as (
    select entity_id, currency_code, {{ sum_minor('amount_minor') }} as open_minor from unearned group by entity_id, currency_code
)

select coalesce(months.entity_id, open_items.entity_id) as entity_id, months.period_month, months.closing_minor, open_items.open_minor
from months
full outer join open_items
    on months.entity_id = open_items.entity_id
    and months.currency_code = open_items.currency_code
where (coalesce(months.from_newest, 1) = 1 and coalesce(months.closing_minor, 0) != coalesce(open_items.open_minor, 0))
    or months.opening_minor + months.received_minor + months.released_minor + months.refunded_minor != months.closing_minor
