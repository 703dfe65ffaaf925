with orders as (
    select * from {{ ref('can_orders') }}
),

events as (
    select * from {{ ref('fct_book_events') }} where event_type = 'sale'
),

on_terms as (
    select order_id from {{ ref('fct_expected_sales_receipts') }} where held_back_reason = 'on_terms'
),

terms as (
    select * from {{ ref('payment_terms') }}
),

deducted as (
    select
        order_id,
        {{ sum_minor("case when tender_type = 'gift_card' then amount_minor else 0 end") }} as gift_card_minor,
        {{ sum_minor("case when tender_type = 'store_credit' then amount_minor else 0 end") }} as store_credit_minor
    from {{ ref('can_order_payments') }}
    where payment_type in ('capture', 'sale') and payment_status = 'succeeded'
    group by order_id
),

line_totals as (
    select order_id, {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from {{ ref('can_order_lines') }}
    group by order_id
),

-- One name with two tax numbers is two companies, and a name cannot tell which.
unclear_companies as (
    select entity_id, lower(company_name) as company_key
    from orders
    where payment_terms is not null and not is_test and company_name is not null
    group by entity_id, lower(company_name)
    having count(distinct tax_id) > 1
),

booked as (
    select book_event_id, min(case when document_type = 'invoice' then document_id end) as document_id
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null and not is_deleted
    group by book_event_id
),

unclear_numbers as (
    select distinct entity_id, upper(replace(trim(document_number), '#', '')) as number_key
    from {{ ref('fct_book_matches') }}
    where book_event_id is null and not is_deleted and document_type in ('sales_receipt', 'invoice')
),

invoices as (
    select
        events.book_event_id as document_key,
        events.order_id,
        events.entity_id,
        events.channel,
        events.reference as document_number,
        events.number_key,
        events.event_date as document_date,
        case when terms.payment_terms is not null
            then {{ due_date('events.event_date', 'terms.days', 'terms.is_end_of_month') }} end as due_date,
        orders.payment_terms,
        terms.books_name as terms_name,
        terms.discount_ppm,
        case when terms.discount_days is not null
            then {{ add_days('events.event_date', 'terms.discount_days') }} end as discount_until,
        'customer:' || events.entity_id || ':' || lower(orders.company_name) as customer_key,
        orders.company_name as customer_name,
        orders.tax_id,
        orders.po_number,
        '1200' as receivable_account_number,
        cast(orders.total_minor - coalesce(deducted.gift_card_minor, 0) - coalesce(deducted.store_credit_minor, 0) as bigint)
            as total_minor,
        coalesce(deducted.gift_card_minor, 0) as gift_card_minor,
        coalesce(deducted.store_credit_minor, 0) as store_credit_minor,
        orders.tax_minor,
        events.currency_code,
        booked.book_event_id is not null as is_in_books,
        documents.platform_document_id,
        case
            when orders.company_name is null then 'no_company_name'
            when terms.payment_terms is null then 'unknown_terms'
            when unclear_companies.company_key is not null then 'company_is_unclear'
            when line_totals.lines_minor is null or line_totals.lines_minor <> orders.total_minor then 'lines_do_not_add_up'
            when events.event_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when booked.book_event_id is null and unclear_numbers.number_key is not null then 'number_is_unclear'
        end as held_back_reason
    from events
    inner join on_terms on events.order_id = on_terms.order_id
    inner join orders on events.order_id = orders.order_id
    left join terms on orders.payment_terms = terms.payment_terms
    left join deducted on events.order_id = deducted.order_id
    left join line_totals on events.order_id = line_totals.order_id
    left join unclear_companies
        on events.entity_id = unclear_companies.entity_id and lower(orders.company_name) = unclear_companies.company_key
    left join booked on events.book_event_id = booked.book_event_id
    left join {{ ref('can_book_documents') }} as documents on booked.document_id = documents.document_id
    left join unclear_numbers
        on events.entity_id = unclear_numbers.entity_id and events.number_key = unclear_numbers.number_key
)

select * from invoices
