{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: per entity, month and currency the tax lines, less what went back, are the boxes of the returns and the tax of the lines that count;
-- what was due with a payment in advance counts on that day and is taken off again on the day of the sale.
-- A failure means that a tax was lost, doubled or put into no box. It does not mean that a rate is right; fct_tax_checks says that.
with

sold as (
    select recognitions.entity_id, {{ month_key('recognitions.recognised_date') }} as period_month, lines.currency_code, lines.tax_minor
    from {{ ref('can_order_lines') }} as lines
    inner join {{ ref('fct_order_recognitions') }} as recognitions using (order_id)
    where recognitions.recognised_date is not null
    union all
    select recognitions.entity_id, {{ month_key('recognitions.recognised_date') }}, roundings.currency_code, roundings.rounding_minor
    from {{ ref('fct_tax_roundings') }} as roundings
    inner join {{ ref('fct_order_recognitions') }} as recognitions using (order_id)
    where recognitions.recognised_date is not null
),

given_back as (
    select
        coalesce(recognitions.entity_id, refunds.entity_id) as entity_id,
        {{ month_key('greatest(refunds.refund_date, coalesce(recognitions.recognised_date, refunds.refund_date))') }} as period_month,
        lines.currency_code,
        -lines.tax_minor as tax_minor
    from {{ ref('can_refund_lines') }} as lines
    inner join {{ ref('can_refunds') }} as refunds using (refund_id)
    left join {{ ref('fct_order_recognitions') }} as recognitions
        on refunds.order_id = recognitions.order_id
    where refunds.refund_status in ('succeeded', 'pending')
        and (recognitions.order_id is null or recognitions.recognised_date is not null)
        and coalesce(refunds.order_id, '') not in (select order_id from {{ ref('can_orders') }} where is_test)
),

advanced as (
    select entity_id, settled_date as due_date, recognised_date, currency_code, advance_tax_minor as tax_minor from {{ ref('fct_settled_legs') }}
    union all
    select entity_id, entry_date, recognised_date, currency_code, -advance_tax_minor from {{ ref('fct_settled_refunds') }}
),

sides as (
    select entity_id, period_month, currency_code, tax_minor, 0 as lines_minor, 0 as boxes_minor from sold
    union all
    select entity_id, period_month, currency_code, tax_minor, 0, 0 from given_back
    union all
    select entity_id, {{ month_key('discount_date') }}, currency_code, -tax_minor, 0, 0 from {{ ref('fct_early_payment_discounts') }}
    union all
    select entity_id, {{ month_key('due_date') }}, currency_code, tax_minor, 0, 0 from advanced
    union all
    select entity_id, {{ month_key('recognised_date') }}, currency_code, -tax_minor, 0, 0 from advanced where recognised_date is not null
    union all
    select entity_id, period_month, currency_code, 0, tax_minor, 0 from {{ ref('fct_tax_lines') }}
    union all
    select entity_id, period_month, currency_code, 0, 0, tax_minor from {{ ref('fct_tax_boxes') }}
)

select
    entity_id, period_month, currency_code,
    {{ sum_minor('tax_minor') }} as tax_minor, {{ sum_minor('lines_minor') }} as lines_minor, {{ sum_minor('boxes_minor') }} as boxes_minor
from sides
group by entity_id, period_month, currency_code
having sum(tax_minor) != sum(lines_minor) or sum(lines_minor) != sum(boxes_minor)
