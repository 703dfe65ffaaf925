with

lines as (
    select lines.*, events.event_type
    from {{ ref('fct_journal_lines') }} as lines
    inner join {{ ref('fct_money_events') }} as events using (event_id)
    where lines.posting_key = 'receivable'
),

orders as (
    select order_id, order_number, channel, payment_terms from {{ ref('can_orders') }}
),

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

items as (
    select
        entity_id, order_id, currency_code, min(entry_date) as first_date, max(entry_date) as last_date,
        {{ sum_minor("case when event_type = 'sale' then signed_minor else 0 end") }} as invoiced_minor,
        {{ sum_minor("case when event_type = 'payment' then -signed_minor else 0 end") }} as received_minor,
        {{ sum_minor("case when event_type in ('refund', 'refund_release') then -signed_minor else 0 end") }} as credited_minor,
        {{ sum_minor("case when event_type = 'early_payment' then -signed_minor else 0 end") }} as discounted_minor,
        {{ sum_minor('signed_minor') }} as open_minor
    from lines
    group by entity_id, order_id, currency_code
),

aged as (
    select
        items.*, orders.order_number, orders.channel, orders.payment_terms,
        coalesce(recognitions.recognised_date, items.first_date) as invoice_date,
        greatest({{ days_between('coalesce(recognitions.recognised_date, items.first_date)', as_of_date()) }}, 0) as age_days
    from items
    left join orders using (order_id)
    left join recognitions using (order_id)
)

select
    entity_id, order_id, order_number, channel, payment_terms, invoice_date, currency_code, invoiced_minor, received_minor, credited_minor, discounted_minor,
    open_minor,
    age_days,
    case
        when open_minor = 0 then 'settled'
        when age_days <= 30 then '0-30'
        when age_days <= 60 then '31-60'
        when age_days <= 90 then '61-90'
        else '90+'
    end as ageing_bucket
from aged
