{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-17', 'severity': 'blocks'}) }}
-- I-17: an entry posts, by scheme and place and rate, the tax lines of its sale or refund and nothing else under that name; what has no such line is
-- posted without one. A header beside its lines is a rounding of at most one minor unit a taxed line.
-- A failure means that tax is owed to the wrong place, or on a day of another event.
with

events as (
    select order_id, cast(null as varchar) as refund_id, 'je:' || entity_id || ':' || order_id || ':captured' as event_id
    from {{ ref('fct_order_recognitions') }}
    where recognised_date is not null
    union all
    select order_id, refund_id, 'je:' || entity_id || ':' || refund_id || case when is_advance then ':released' else ':refunded' end
    from {{ ref('fct_settled_refunds') }}
    where not is_advance or recognised_date is not null
    union all
    -- Before the sale counts: the entry of what was paid, and of what was given back of it.
    select order_id, refund_id, 'je:' || entity_id || ':' || refund_id || ':refunded' from {{ ref('fct_settled_refunds') }} where is_advance
),

before as (
    select refund_id from {{ ref('fct_settled_refunds') }} where is_advance
),

paid as (
    select settled_leg_id, 'je:' || entity_id || ':' || coalesce(movement_id || ':charge', bank_line_id || ':received', settled_leg_id || ':paid') as event_id
    from {{ ref('fct_settled_legs') }}
    where is_advance
),

sides as (
    select events.event_id, taxes.scheme as detail, taxes.jurisdiction || coalesce(' ' || cast(taxes.rate_ppm as varchar), '') as tax_key,
        -taxes.tax_minor as stated_minor, 0 as posted_minor
    from {{ ref('fct_tax_lines') }} as taxes
    inner join events on events.refund_id is null and taxes.order_id = events.order_id and taxes.event_type in ('sale', 'rounding')
    union all
    select events.event_id, taxes.scheme, taxes.jurisdiction || coalesce(' ' || cast(taxes.rate_ppm as varchar), ''), -taxes.tax_minor, 0
    from {{ ref('fct_tax_lines') }} as taxes
    inner join events
        on taxes.refund_id = events.refund_id
        and ((taxes.event_type in ('return', 'advance_return_settled') and events.event_id not like '%:refunded')
            or (taxes.event_type = 'advance_return' and events.event_id like '%:refunded')
            or (taxes.event_type = 'return' and events.event_id like '%:refunded' and taxes.refund_id not in (select refund_id from before)))
    union all
    select events.event_id, taxes.scheme, taxes.jurisdiction || coalesce(' ' || cast(taxes.rate_ppm as varchar), ''), -taxes.tax_minor, 0
    from {{ ref('fct_tax_lines') }} as taxes
    inner join events on events.refund_id is null and taxes.order_id = events.order_id and taxes.event_type = 'advance_settled'
    union all
    select paid.event_id, taxes.scheme, taxes.jurisdiction || coalesce(' ' || cast(taxes.rate_ppm as varchar), ''), -taxes.tax_minor, 0
    from {{ ref('fct_tax_lines') }} as taxes
    inner join paid on taxes.event_type = 'advance' and taxes.tax_event_id = 'advance:' || paid.settled_leg_id || ':' || taxes.tax_line_id
    union all
    select event_id, detail, sub_account, 0, signed_minor from {{ ref('fct_tax_postings') }} where detail != '' and source in ('sale', 'refund', 'payment')
),

headers as (
    select orders.order_id, orders.tax_minor - sum(lines.tax_minor) as rounding_minor, count(case when lines.tax_minor != 0 then 1 end) as taxed_lines
    from {{ ref('can_orders') }} as orders
    inner join {{ ref('can_order_lines') }} as lines using (order_id)
    where not orders.is_test
    group by orders.order_id, orders.tax_minor
)

select event_id as reference
from sides
group by event_id, detail, tax_key
having sum(stated_minor) != sum(posted_minor)
union all
select event_id from {{ ref('fct_tax_postings') }} where signed_minor = 0
union all
select headers.order_id
from headers
full outer join {{ ref('fct_tax_roundings') }} as roundings using (order_id)
where case when headers.rounding_minor != 0 and abs(headers.rounding_minor) <= headers.taxed_lines then headers.rounding_minor end
    is distinct from roundings.rounding_minor
