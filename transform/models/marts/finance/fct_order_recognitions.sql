with

orders as (
    select * from {{ ref('can_orders') }} where not is_test
),

entities as (
    select * from {{ ref('entities') }}
),

payments as (
    select * from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded' and tender_type != 'terms' and amount_minor > 0
),

-- A channel that never says how an order was paid can not wait for a capture.
channels_with_payments as (
    select distinct orders.platform, orders.account_id, coalesce(orders.channel, orders.platform) as channel
    from {{ ref('can_order_payments') }} as order_payments
    inner join orders using (order_id)
),

-- A marketplace names no price while an order waits for its payment: nothing has been sold yet.
unpriced_orders as (
    select order_id from {{ ref('can_order_lines') }}
    group by order_id having count(unit_price_minor) = 0 and max(abs(gross_minor) + abs(tax_minor)) = 0
),

first_payments as (
    select order_id, min(processed_at) as first_paid_at, {{ sum_minor('amount_minor') }} as paid_minor
    from payments
    group by order_id
),

dated as (
    select
        orders.order_id,
        orders.platform,
        orders.account_id,
        orders.entity_id,
        coalesce(orders.channel, orders.platform) as channel,
        orders.order_number,
        orders.currency_code,
        orders.order_date,
        orders.payment_terms is not null as is_on_terms,
        orders.cancelled_at is not null as is_cancelled,
        channels_with_payments.channel is not null as is_payment_supplied,
        first_payments.paid_minor is not null as is_paid,
        unpriced_orders.order_id is null as is_priced,
        deferred_orders.order_id is not null as is_deferred,
        {{ local_date('deferred_orders.fulfilled_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as fulfilled_date,
        {{ local_date('first_payments.first_paid_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as paid_date
    from orders
    left join first_payments using (order_id)
    left join unpriced_orders using (order_id)
    left join {{ ref('fct_deferred_orders') }} as deferred_orders using (order_id)
    left join entities using (entity_id)
    left join channels_with_payments
        on orders.platform = channels_with_payments.platform
        and orders.account_id = channels_with_payments.account_id
        and coalesce(orders.channel, orders.platform) = channels_with_payments.channel
),

decided as (
    select
        *,
        case
            when is_deferred and (is_paid or not is_cancelled) then 'on_fulfilment'
            when is_on_terms and not is_cancelled then 'on_invoice'
            when is_paid then 'on_capture'
            when not is_payment_supplied and not is_cancelled and is_priced then 'on_order'
            else 'not_recognised'
        end as recognition_policy
    from dated
),

recognised as (
    select
        order_id,
        platform,
        account_id,
        entity_id,
        channel,
        order_number,
        currency_code,
        order_date,
        {{ month_key('order_date') }} as order_month,
        is_on_terms,
        is_cancelled,
        is_payment_supplied,
        is_paid,
        recognition_policy,
        -- A storefront may stamp a payment seconds before its order; revenue never precedes the order.
        case
            when recognition_policy = 'on_capture' then greatest(coalesce(paid_date, order_date), order_date)
            when recognition_policy in ('on_invoice', 'on_order') then order_date
            when recognition_policy = 'on_fulfilment' and fulfilled_date is not null then greatest(fulfilled_date, order_date)
        end as recognised_date
    from decided
)

select * from recognised
