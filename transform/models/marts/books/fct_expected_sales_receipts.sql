with tenders as (
    select * from {{ ref('fct_sale_tenders') }}
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
    where book_event_id is not null and not is_deleted and not is_correction
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
        tenders.captured_minor,
        tenders.card_minor,
        tenders.gift_card_minor,
        tenders.store_credit_minor,
        tenders.manual_minor,
        coalesce(tenders.fee_minor, 0) as fee_minor,
        tenders.advance_minor,
        tenders.advance_tax_minor,
        accounts.clearing as clearing_account_number,
        coalesce(booked.documents, 0) > 0 as is_in_books,
        case
            when invoices.order_id is not null then 'on_terms'
            when accounts.unmapped is not null then 'unmapped_account'
            when line_totals.lines_minor is null or line_totals.lines_minor <> orders.total_minor then 'lines_do_not_add_up'
            when coalesce(tenders.captured_minor - tenders.advance_overpaid_minor, 0) <> orders.total_minor then 'partly_captured'
            when tenders.is_paid_later then 'partly_captured'
            when tenders.has_advance_held_back then 'advance_held_back'
            when tenders.card_minor <> tenders.charged_minor then 'charge_not_seen'
            when events.event_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when booked.book_event_id is null and unclear_numbers.number_key is not null then 'number_is_unclear'
        end as held_back_reason
    from events
    inner join {{ ref('can_orders') }} as orders on events.order_id = orders.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on events.entity_id = accounts.entity_id
    left join tenders on events.order_id = tenders.order_id
    left join {{ ref('fct_order_invoices') }} as invoices on events.order_id = invoices.order_id
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
        clearing_account_number as deposit_account_number,
        cast(coalesce(card_minor, 0) - fee_minor as bigint) as total_minor,
        currency_code,
        cast(coalesce(captured_minor, 0) as bigint) as captured_minor,
        cast(coalesce(card_minor, 0) as bigint) as card_minor,
        cast(coalesce(gift_card_minor, 0) as bigint) as gift_card_minor,
        cast(coalesce(store_credit_minor, 0) as bigint) as store_credit_minor,
        cast(coalesce(manual_minor, 0) as bigint) as manual_minor,
        cast(fee_minor as bigint) as fee_minor,
        cast(coalesce(advance_minor, 0) as bigint) as advance_minor,
        cast(coalesce(advance_tax_minor, 0) as bigint) as advance_tax_minor,
        is_in_books,
        held_back_reason
    from earned
)

select * from receipts
