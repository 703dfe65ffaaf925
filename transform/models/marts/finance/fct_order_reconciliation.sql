with

recognitions as (
    select * from {{ ref('fct_order_recognitions') }}
),

orders as (
    select * from {{ ref('can_orders') }}
),

payments as (
    select order_payments.*
    from {{ ref('can_order_payments') }} as order_payments
    inner join orders
        on order_payments.order_id = orders.order_id
        and order_payments.currency_code = orders.currency_code
    where order_payments.payment_status = 'succeeded'
),

payment_matches as (
    select * from {{ ref('fct_payment_matches') }} where order_id is not null
),

refund_matches as (
    select * from {{ ref('fct_refund_matches') }} where order_id is not null
),

refunds as (
    select order_id, {{ sum_minor('amount_minor') }} as refunded_minor
    from {{ ref('can_refunds') }}
    where refund_status = 'succeeded'
    group by order_id
),

connected_channels as (
    select distinct recognitions.entity_id, recognitions.channel
    from payment_matches
    inner join recognitions using (order_id)
    where payment_matches.movement_id is not null
),

tenders as (
    select
        order_id,
        {{ sum_minor("case when tender_type = 'gift_card' and payment_type in ('capture', 'sale') then amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when tender_type = 'store_credit' and payment_type in ('capture', 'sale') then amount_minor else 0 end") }} as store_credit_minor,
        {{ sum_minor("case when tender_type = 'manual' and payment_type in ('capture', 'sale') then amount_minor else 0 end") }} as manual_minor,
        {{ sum_minor("case when payment_type = 'authorization' then amount_minor else 0 end") }} as authorised_minor
    from payments
    group by order_id
),

captures as (
    select
        order_id,
        {{ sum_minor('leg_minor') }} as captured_minor,
        {{ sum_minor('case when leg_currency_code = charge_currency_code then charge_minor else 0 end') }} as processor_charged_minor
    from payment_matches
    group by order_id
),

processor_refunds as (
    select order_id, {{ sum_minor('coalesce(movement_minor, 0)') }} as processor_refunded_minor
    from refund_matches
    group by order_id
),

summed as (
    select
        recognitions.*,
        orders.total_minor,
        coalesce(captures.captured_minor, 0) as captured_minor,
        coalesce(tenders.gift_card_minor, 0) as gift_card_minor,
        coalesce(tenders.store_credit_minor, 0) as store_credit_minor,
        coalesce(tenders.manual_minor, 0) as manual_minor,
        coalesce(tenders.authorised_minor, 0) as authorised_minor,
        coalesce(refunds.refunded_minor, 0) as refunded_minor,
        coalesce(captures.processor_charged_minor, 0) as processor_charged_minor,
        coalesce(processor_refunds.processor_refunded_minor, 0) as processor_refunded_minor,
        connected_channels.channel is not null as is_processor_connected
    from recognitions
    inner join orders using (order_id)
    left join captures using (order_id)
    left join tenders using (order_id)
    left join refunds using (order_id)
    left join processor_refunds using (order_id)
    left join connected_channels
        on recognitions.entity_id = connected_channels.entity_id
        and recognitions.channel = connected_channels.channel
),

remaining as (
    select *, total_minor - captured_minor - gift_card_minor - store_credit_minor - manual_minor as unpaid_minor from summed
),

reconciled as (
    select
        order_id, entity_id, channel, order_number, order_date, order_month, currency_code,
        recognition_policy, recognised_date, is_processor_connected, is_payment_supplied, is_cancelled,
        total_minor, captured_minor, gift_card_minor, store_credit_minor, manual_minor,
        case when recognition_policy = 'on_invoice' and unpaid_minor > 0 then unpaid_minor else 0 end as terms_minor,
        authorised_minor,
        case when recognition_policy = 'on_invoice' and unpaid_minor > 0 then 0 else unpaid_minor end as outstanding_minor,
        refunded_minor, processor_charged_minor, processor_refunded_minor,
        captured_minor - processor_charged_minor as difference_minor,
        case
            when unpaid_minor = 0 or (recognition_policy = 'on_invoice' and unpaid_minor > 0) then null
            when not is_payment_supplied then 'TND-05'
            when unpaid_minor < 0 then 'TND-08'
            when is_cancelled then 'SRC-05'
            when is_paid then 'TND-07'
            else 'TIM-04'
        end as outstanding_reason_code
    from remaining
)

select * from reconciled
