-- A wallet's money is the processor's like a card's: what is paired with a movement there.
with payments as (
    select payments.*, payments.tender_type = 'card' or matches.movement_id is not null as is_at_processor
    from {{ ref('can_order_payments') }} as payments
    left join {{ ref('fct_payment_matches') }} as matches on payments.order_payment_id = matches.order_payment_id
),

legs as (
    select
        order_id,
        {{ sum_minor('amount_minor') }} as captured_minor,
        {{ sum_minor("case when is_at_processor then amount_minor else 0 end") }} as card_minor,
        {{ sum_minor("case when tender_type = 'gift_card' then amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when tender_type = 'store_credit' then amount_minor else 0 end") }} as store_credit_minor,
        {{ sum_minor("case when is_at_processor or tender_type in ('gift_card', 'store_credit') then 0 else amount_minor end") }}
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
    group by order_id
),

events as (
    select * from {{ ref('fct_book_events') }} where event_type = 'sale'
),

line_totals as (
    select order_id, {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from {{ ref('can_order_lines') }}
    group by order_id
),

booked as (
    select book_event_id, count(*) as documents
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null and not is_deleted
    group by book_event_id
),

-- A document that bears the number of two orders proves nothing, so neither order may be booked by machine.
unclear_numbers as (
    select distinct entity_id, upper(replace(trim(document_number), '#', '')) as number_key
    from {{ ref('fct_book_matches') }}
    where book_event_id is null and not is_deleted and document_type in ('sales_receipt', 'invoice')
),

earned as (
    select
        events.book_event_id,
        events.order_id,
        events.entity_id,
        events.channel,
        events.reference,
        events.event_date,
        events.currency_code,
        legs.captured_minor,
        legs.card_minor,
        legs.gift_card_minor,
        legs.store_credit_minor,
        legs.manual_minor,
        coalesce(charges.fee_minor, 0) as fee_minor,
        coalesce(booked.documents, 0) > 0 as is_in_books,
        case
            when invoices.order_id is not null then 'on_terms'
            when line_totals.lines_minor is null or line_totals.lines_minor <> orders.total_minor then 'lines_do_not_add_up'
            when coalesce(legs.captured_minor, 0) <> orders.total_minor then 'partly_captured'
            when legs.card_minor <> coalesce(charges.charged_minor, 0) then 'charge_not_seen'
            when events.event_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when booked.book_event_id is null and unclear_numbers.number_key is not null then 'number_is_unclear'
        end as held_back_reason
    from events
    inner join {{ ref('can_orders') }} as orders on events.order_id = orders.order_id
    left join legs on events.order_id = legs.order_id
    left join {{ ref('fct_order_invoices') }} as invoices on events.order_id = invoices.order_id
    left join charges on events.order_id = charges.order_id
    left join line_totals on events.order_id = line_totals.order_id
    left join booked on events.book_event_id = booked.book_event_id
    left join unclear_numbers
        on events.entity_id = unclear_numbers.entity_id and events.number_key = unclear_numbers.number_key
),

receipts as (
    select
        book_event_id as document_key,
        order_id,
        entity_id,
        channel,
        reference as document_number,
        event_date as document_date,
        channel || ' customers' as customer_name,
        '1100' as deposit_account_number,
        cast(coalesce(card_minor, 0) - fee_minor as bigint) as total_minor,
        currency_code,
        cast(coalesce(captured_minor, 0) as bigint) as captured_minor,
        cast(coalesce(card_minor, 0) as bigint) as card_minor,
        cast(coalesce(gift_card_minor, 0) as bigint) as gift_card_minor,
        cast(coalesce(store_credit_minor, 0) as bigint) as store_credit_minor,
        cast(coalesce(manual_minor, 0) as bigint) as manual_minor,
        cast(fee_minor as bigint) as fee_minor,
        is_in_books,
        held_back_reason
    from earned
)

select * from receipts
