with

recognitions as (
    select *, 'je:' || entity_id || ':' || order_id || ':captured' as event_id
    from {{ ref('fct_order_recognitions') }}
    where recognised_date is not null
),

refunds as (
    select *, 'je:' || entity_id || ':' || refund_id || ':refunded' as event_id, 'je:' || entity_id || ':' || refund_id || ':released' as release_event_id
    from {{ ref('fct_settled_refunds') }}
),

discounts as (
    select * from {{ ref('fct_early_payment_discounts') }}
),

order_rates as (
    select * from {{ ref('fct_order_rates') }}
),

taxes as (
    select *, jurisdiction || coalesce(' ' || cast(rate_ppm as varchar), '') as tax_key from {{ ref('fct_tax_lines') }}
),

-- All the tax of an event.
whole as (
    select recognitions.event_id, recognitions.order_id, -worths.tax_minor as signed_minor, worths.currency_code, order_rates.rate_date, 'sale' as source
    from recognitions
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    inner join order_rates using (order_id)
    union all
    select
        case when refunds.is_advance then refunds.release_event_id else refunds.event_id end, refunds.order_id, refund_lines.tax_minor,
        refunds.currency_code, coalesce(order_rates.rate_date, refunds.entry_date), 'refund'
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join refunds using (refund_id)
    left join order_rates on refunds.order_id = order_rates.order_id
    where not refunds.is_advance or refunds.recognised_date is not null
    {%- for event, sign, condition in [('event_id', '', 'is_advance'), ('release_event_id', '-', 'is_advance and refunds.recognised_date is not null')] %}
    union all
    select refunds.{{ event }}, refunds.order_id, {{ sign }}refunds.advance_tax_minor, refunds.currency_code,
        coalesce(order_rates.rate_date, refunds.entry_date), 'refund'
    from refunds
    left join order_rates on refunds.order_id = order_rates.order_id
    where refunds.{{ condition }}
    {%- endfor %}
    union all
    select discounts.event_id, discounts.order_id, discounts.tax_minor, discounts.currency_code,
        coalesce(order_rates.rate_date, discounts.discount_date), 'discount'
    from discounts
    left join order_rates on discounts.order_id = order_rates.order_id
),

totals as (
    select event_id, order_id, currency_code, rate_date, source, {{ sum_minor('signed_minor') }} as signed_minor
    from whole
    group by event_id, order_id, currency_code, rate_date, source
),

-- The parts of it of which place, scheme and rate are known. What was paid in advance bears its tax as one sum.
known as (
    select recognitions.event_id, taxes.scheme, taxes.tax_key, taxes.tax_code, -taxes.tax_minor as signed_minor
    from taxes
    inner join recognitions using (order_id)
    where taxes.event_type in ('sale', 'rounding') and recognitions.recognition_policy != 'on_fulfilment'
    union all
    select refunds.event_id, taxes.scheme, taxes.tax_key, taxes.tax_code, -taxes.tax_minor
    from taxes
    inner join refunds using (refund_id)
    where taxes.event_type = 'return' and not refunds.is_advance
    union all
    select discounts.event_id, taxes.scheme, taxes.tax_key, taxes.tax_code, -taxes.tax_minor
    from taxes
    inner join discounts on taxes.refund_id = discounts.discount_id
    where taxes.event_type = 'discount'
),

parts as (
    select event_id, scheme, tax_key, tax_code, {{ sum_minor('signed_minor') }} as signed_minor
    from known
    group by event_id, scheme, tax_key, tax_code
),

known_totals as (
    select event_id, {{ sum_minor('signed_minor') }} as signed_minor from parts group by event_id
),

postings as (
    select totals.event_id, totals.order_id, parts.scheme as detail, parts.tax_key as sub_account, parts.tax_code, parts.signed_minor,
        totals.currency_code, totals.rate_date, totals.source
    from parts
    inner join totals using (event_id)
    union all
    select totals.event_id, totals.order_id, '', null, null, totals.signed_minor - coalesce(known_totals.signed_minor, 0),
        totals.currency_code, totals.rate_date, totals.source
    from totals
    left join known_totals using (event_id)
)

select * from postings where signed_minor != 0
