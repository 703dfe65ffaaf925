with

recognitions as (
    select *, 'je:' || entity_id || ':' || order_id || ':captured' as event_id
    from {{ ref('fct_order_recognitions') }}
    where recognised_date is not null
),

order_rates as (
    select * from {{ ref('fct_order_rates') }}
),

-- What comes back before the sale counts is an entry of its own day for what was paid of it, and one of the sale for the rest.
refunds as (
    select
        refunds.*, 'je:' || refunds.entity_id || ':' || refunds.refund_id || ':refunded' as event_id,
        'je:' || refunds.entity_id || ':' || refunds.refund_id || case when refunds.is_advance then ':released' else ':refunded' end as return_event_id,
        coalesce(order_rates.rate_date, refunds.entry_date) as rate_date
    from {{ ref('fct_settled_refunds') }} as refunds
    left join order_rates on refunds.order_id = order_rates.order_id
),

counted_refunds as (
    select * from refunds where not is_advance or recognised_date is not null
),

discounts as (
    select discounts.*, coalesce(order_rates.rate_date, discounts.discount_date) as rate_date
    from {{ ref('fct_early_payment_discounts') }} as discounts
    left join order_rates on discounts.order_id = order_rates.order_id
),

legs as (
    select legs.*, {{ payment_event('legs') }} as event_id, 'je:' || legs.entity_id || ':' || legs.order_id || ':captured' as sale_event_id
    from {{ ref('fct_settled_legs') }} as legs
    where legs.is_advance
),

-- All the tax of an event.
whole as (
    select recognitions.event_id, recognitions.order_id, -worths.tax_minor as signed_minor, worths.currency_code, order_rates.rate_date, 'sale' as source
    from recognitions
    inner join {{ ref('fct_order_worths') }} as worths using (order_id)
    inner join order_rates using (order_id)
    union all
    select refunds.return_event_id, refunds.order_id, refund_lines.tax_minor, refunds.currency_code, refunds.rate_date, 'refund'
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join counted_refunds as refunds using (refund_id)
    union all
    select event_id, order_id, tax_minor, currency_code, rate_date, 'discount' from discounts
    union all
    select event_id, order_id, -advance_tax_minor, currency_code, settled_date, 'payment' from legs
    union all
    select sale_event_id, order_id, advance_tax_minor, currency_code, settled_date, 'sale' from legs where recognised_date is not null
    union all
    select event_id, order_id, advance_tax_minor, currency_code, rate_date, 'refund' from refunds where is_advance
    union all
    select return_event_id, order_id, -advance_tax_minor, currency_code, rate_date, 'refund' from counted_refunds where is_advance
),

totals as (
    select event_id, order_id, currency_code, rate_date, source, {{ sum_minor('signed_minor') }} as signed_minor
    from whole
    group by event_id, order_id, currency_code, rate_date, source
),

taxes as (
    select * from {{ ref('fct_tax_lines') }}
),

-- The parts of it of which place, scheme and rate are known.
known as (
    select recognitions.event_id, order_rates.rate_date, taxes.scheme, taxes.jurisdiction, taxes.rate_ppm, taxes.tax_code, -taxes.tax_minor as signed_minor
    from taxes
    inner join recognitions using (order_id)
    inner join order_rates using (order_id)
    where taxes.event_type in ('sale', 'rounding')
    union all
    select refunds.return_event_id, refunds.rate_date, taxes.scheme, taxes.jurisdiction, taxes.rate_ppm, taxes.tax_code, -taxes.tax_minor
    from taxes
    inner join counted_refunds as refunds using (refund_id)
    where taxes.event_type = 'return'
    union all
    select discounts.event_id, discounts.rate_date, taxes.scheme, taxes.jurisdiction, taxes.rate_ppm, taxes.tax_code, -taxes.tax_minor
    from taxes
    inner join discounts on taxes.refund_id = discounts.discount_id
    where taxes.event_type = 'discount'
    union all
    select event_id, rate_date, scheme, jurisdiction, rate_ppm, tax_code, -tax_minor from {{ ref('fct_advance_tax_lines') }}
),

parts as (
    select
        event_id, rate_date, scheme, jurisdiction || coalesce(' ' || cast(rate_ppm as varchar), '') as tax_key, tax_code,
        {{ sum_minor('signed_minor') }} as signed_minor
    from known
    group by event_id, rate_date, scheme, jurisdiction, rate_ppm, tax_code
),

known_totals as (
    select event_id, rate_date, {{ sum_minor('signed_minor') }} as signed_minor from parts group by event_id, rate_date
),

postings as (
    select totals.event_id, totals.order_id, parts.scheme as detail, parts.tax_key as sub_account, parts.tax_code, parts.signed_minor,
        totals.currency_code, totals.rate_date, totals.source
    from parts
    inner join totals using (event_id, rate_date)
    union all
    select totals.event_id, totals.order_id, '', null, null, totals.signed_minor - coalesce(known_totals.signed_minor, 0),
        totals.currency_code, totals.rate_date, totals.source
    from totals
    left join known_totals using (event_id, rate_date)
)

select * from postings where signed_minor != 0
