with orders as (
    select * from {{ ref('can_orders') }}
),

asked as (
    select * from {{ ref('fct_order_invoices') }}
),

channels as (
    select order_id, channel from {{ ref('fct_order_recognitions') }}
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
        asked.document_key,
        asked.order_id,
        asked.entity_id,
        channels.channel,
        asked.document_number,
        asked.number_key,
        asked.document_date,
        asked.due_date,
        asked.payment_terms,
        asked.terms_name,
        asked.discount_ppm,
        asked.discount_until,
        'customer:' || asked.entity_id || ':' || lower(orders.company_name) as customer_key,
        orders.company_name as customer_name,
        orders.tax_id,
        orders.po_number,
        accounts.receivable as receivable_account_number,
        asked.total_minor,
        asked.gift_card_minor,
        asked.store_credit_minor,
        orders.tax_minor,
        asked.currency_code,
        booked.book_event_id is not null as is_in_books,
        documents.platform_document_id,
        case
            when accounts.unmapped is not null then 'unmapped_account'
            when orders.company_name is null then 'no_company_name'
            when asked.terms_name is null then 'unknown_terms'
            when unclear_companies.company_key is not null then 'company_is_unclear'
            when line_totals.lines_minor is null or line_totals.lines_minor <> orders.total_minor then 'lines_do_not_add_up'
            when asked.document_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when booked.book_event_id is null and unclear_numbers.number_key is not null then 'number_is_unclear'
        end as held_back_reason
    from asked
    inner join {{ ref('dim_posting_accounts') }} as accounts on asked.entity_id = accounts.entity_id
    inner join channels on asked.order_id = channels.order_id
    inner join orders on asked.order_id = orders.order_id
    left join line_totals on asked.order_id = line_totals.order_id
    left join unclear_companies
        on asked.entity_id = unclear_companies.entity_id and lower(orders.company_name) = unclear_companies.company_key
    left join booked on asked.document_key = booked.book_event_id
    left join {{ ref('can_book_documents') }} as documents on booked.document_id = documents.document_id
    left join unclear_numbers
        on asked.entity_id = unclear_numbers.entity_id and asked.number_key = unclear_numbers.number_key
)

select * from invoices
