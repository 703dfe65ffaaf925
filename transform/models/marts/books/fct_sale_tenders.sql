with

-- What was paid before the goods left has documents of its own; the sale takes it off.
advance_legs as (
    select * from {{ ref('fct_settled_legs') }} where is_advance
),

advances as (
    select
        order_id, {{ sum_minor('deferred_minor') }} as advance_minor, {{ sum_minor('tax_minor') }} as advance_tax_minor,
        {{ sum_minor('overpaid_minor') }} as overpaid_minor,
        bool_or(not is_in_books and coalesce(held_back_reason, 'before_books_from') != 'before_books_from') as has_held_back
    from {{ ref('fct_expected_advances') }}
    group by order_id
),

-- Goods that left before all was paid are owed for: no receipt says so.
paid_later as (
    select distinct legs.order_id
    from {{ ref('fct_settled_legs') }} as legs
    inner join {{ ref('fct_deferred_orders') }} as deferred_orders on legs.order_id = deferred_orders.order_id
    where legs.moment = 'after'
),

-- A wallet's money is the processor's like a card's: what is paired with a movement there.
payments as (
    select
        payments.*, payments.tender_type = 'card' or matches.movement_id is not null as is_at_processor,
        advance_legs.settled_leg_id is not null as is_advance
    from {{ ref('can_order_payments') }} as payments
    left join {{ ref('fct_payment_matches') }} as matches on payments.order_payment_id = matches.order_payment_id
    left join advance_legs on payments.order_payment_id = advance_legs.settled_leg_id
),

legs as (
    select
        order_id,
        {{ sum_minor('amount_minor') }} as captured_minor,
        {{ sum_minor("case when is_at_processor and not is_advance then amount_minor else 0 end") }} as card_minor,
        {{ sum_minor("case when tender_type = 'gift_card' and not is_advance then amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when tender_type = 'store_credit' and not is_advance then amount_minor else 0 end") }} as store_credit_minor,
        {{ sum_minor("case when is_at_processor or is_advance or tender_type in ('gift_card', 'store_credit') then 0 else amount_minor end") }}
            as manual_minor
    from payments
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded'
    group by order_id
),

charges as (
    select
        order_id,
        {{ sum_minor('amount_minor') }} as charged_minor,
        {{ sum_minor('fee_minor') }} as fee_minor
    from {{ ref('fct_order_charges') }}
    where movement_id not in (select movement_id from advance_legs where movement_id is not null)
    group by order_id
),

paying as (
    select order_id from legs
    union
    select order_id from charges
    union
    select order_id from advances
)

select
    paying.order_id,
    cast(coalesce(legs.captured_minor, 0) as bigint) as captured_minor,
    cast(coalesce(legs.card_minor, 0) as bigint) as card_minor,
    cast(coalesce(legs.gift_card_minor, 0) as bigint) as gift_card_minor,
    cast(coalesce(legs.store_credit_minor, 0) as bigint) as store_credit_minor,
    cast(coalesce(legs.manual_minor, 0) as bigint) as manual_minor,
    cast(coalesce(charges.charged_minor, 0) as bigint) as charged_minor,
    cast(coalesce(charges.fee_minor, 0) as bigint) as fee_minor,
    cast(coalesce(advances.advance_minor, 0) as bigint) as advance_minor,
    cast(coalesce(advances.advance_tax_minor, 0) as bigint) as advance_tax_minor,
    cast(coalesce(advances.overpaid_minor, 0) as bigint) as advance_overpaid_minor,
    coalesce(advances.has_held_back, false) as has_advance_held_back,
    paid_later.order_id is not null as is_paid_later
from paying
left join legs on paying.order_id = legs.order_id
left join charges on paying.order_id = charges.order_id
left join advances on paying.order_id = advances.order_id
left join paid_later on paying.order_id = paid_later.order_id
