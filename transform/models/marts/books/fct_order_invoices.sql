-- What an order on terms asks for, whatever the books hold: revenue and bank lines need it before any document is compared.
with orders as (
    select * from {{ ref('can_orders') }}
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }} where recognised_date is not null
),

terms as (
    select * from {{ ref('payment_terms') }}
),

legs as (
    select
        order_id,
        {{ sum_minor("case when tender_type = 'gift_card' then amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when tender_type = 'store_credit' then amount_minor else 0 end") }} as store_credit_minor,
        bool_or(tender_type = 'terms') as has_terms_leg
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded'
    group by order_id
),

-- An order on terms that was paid by card at the till is a sale; one paid so weeks later was invoiced before.
paid_at_once as (
    select payments.order_id
    from {{ ref('can_order_payments') }} as payments
    inner join orders on payments.order_id = orders.order_id
    where payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded'
        and payments.tender_type = 'card'
        and {{ seconds_between('orders.placed_at', 'payments.processed_at') }} < 86400
    group by payments.order_id
)

select
    'je:' || recognitions.entity_id || ':' || recognitions.order_id || ':captured:0' as document_key,
    recognitions.order_id,
    recognitions.entity_id,
    recognitions.order_number as document_number,
    upper(replace(trim(recognitions.order_number), '#', '')) as number_key,
    recognitions.recognised_date as document_date,
    recognitions.currency_code,
    orders.payment_terms,
    terms.books_name as terms_name,
    case when terms.payment_terms is not null
        then {{ due_date('recognitions.recognised_date', 'terms.days', 'terms.is_end_of_month') }} end as due_date,
    terms.discount_ppm,
    case when terms.discount_days is not null then {{ add_days('recognitions.recognised_date', 'terms.discount_days') }} end as discount_until,
    cast(orders.total_minor - coalesce(legs.gift_card_minor, 0) - coalesce(legs.store_credit_minor, 0) as bigint) as total_minor,
    coalesce(legs.gift_card_minor, 0) as gift_card_minor,
    coalesce(legs.store_credit_minor, 0) as store_credit_minor
from recognitions
inner join orders on recognitions.order_id = orders.order_id
left join terms on orders.payment_terms = terms.payment_terms
left join legs on recognitions.order_id = legs.order_id
left join paid_at_once on recognitions.order_id = paid_at_once.order_id
where coalesce(legs.has_terms_leg, false) or (orders.payment_terms is not null and paid_at_once.order_id is null)
