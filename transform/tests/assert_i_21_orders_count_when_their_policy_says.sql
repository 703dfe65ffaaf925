{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-21', 'severity': 'blocks'}) }}
-- I-21: an order counts on capture only where money was captured for it, on invoice only on terms, on fulfilment only once it has left, and never
-- before it was placed; what was captured is no longer open, and its worth is its lines and the cents its header rounds.
-- A failure means that revenue is counted that nobody earned, or left out that somebody paid.
with

captured as (
    select order_id, sum(amount_minor) as amount_minor
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded' and tender_type != 'terms' and amount_minor > 0
    group by order_id
),

left_house as (
    select order_id from {{ ref('can_parcels') }} where shipped_at is not null and voided_at is null
    union
    select order_id from {{ ref('can_storefront_fulfilments') }} where fulfilled_at is not null
),

policies as (
    select recognitions.*, orders.payment_terms, orders.cancelled_at, orders.order_fulfilment_status, orders.is_test, captured.amount_minor as captured_minor,
        left_house.order_id is not null as has_left
    from {{ ref('fct_order_recognitions') }} as recognitions
    inner join {{ ref('can_orders') }} as orders using (order_id)
    left join captured using (order_id)
    left join left_house using (order_id)
),

lines as (
    select order_id, sum(net_minor + tax_minor) as lines_minor, sum(tax_minor) as tax_minor from {{ ref('can_order_lines') }} group by order_id
),

worths as (
    select worths.order_id, worths.worth_minor, worths.tax_minor, worths.borne_rounding_minor, orders.total_minor, orders.is_test,
        coalesce(lines.lines_minor, 0) as lines_minor, coalesce(lines.tax_minor, 0) as lines_tax_minor, coalesce(roundings.rounding_minor, 0) as rounding_minor
    from {{ ref('fct_order_worths') }} as worths
    inner join {{ ref('can_orders') }} as orders using (order_id)
    left join lines using (order_id)
    left join {{ ref('fct_tax_roundings') }} as roundings using (order_id)
)

select order_id
from policies
where is_test
    or (recognition_policy = 'on_capture' and captured_minor is null)
    or (recognition_policy = 'not_recognised' and captured_minor is not null)
    or (recognition_policy = 'on_invoice' and (payment_terms is null or cancelled_at is not null))
    or (recognition_policy = 'on_fulfilment' and recognised_date is not null and (not has_left or order_fulfilment_status != 'fulfilled'))
    or recognised_date < order_date
    or (recognised_date is null and recognition_policy in ('on_capture', 'on_invoice', 'on_order'))
union all
select order_id
from worths
where is_test
    or tax_minor != lines_tax_minor + rounding_minor
    or worth_minor + borne_rounding_minor != lines_minor + rounding_minor
    or (worth_minor != lines_minor and worth_minor != total_minor)
    or (total_minor - lines_minor = rounding_minor and worth_minor != total_minor)
union all
select orders.order_id
from {{ ref('fct_order_reconciliation') }} as orders
left join (
    select order_id, sum(leg_minor) as leg_minor, sum(case when leg_currency_code = charge_currency_code then charge_minor else 0 end) as charge_minor
    from {{ ref('fct_payment_matches') }}
    where order_payment_id is not null
    group by order_id
) as matched using (order_id)
where orders.difference_minor != orders.captured_minor - orders.processor_charged_minor
    or orders.captured_minor != coalesce(matched.leg_minor, 0)
    or orders.processor_charged_minor != coalesce(matched.charge_minor, 0)
    or orders.is_processor_connected != exists (
        select 1
        from {{ ref('fct_payment_matches') }} as charged
        inner join {{ ref('fct_order_recognitions') }} as others on charged.order_id = others.order_id
        where charged.movement_id is not null and others.entity_id = orders.entity_id and others.channel = orders.channel
    )
