with numbered as (
    select
        refunds.*,
        row_number() over (partition by refunds.order_id order by refunds.refunded_at, refunds.refund_id) as nth
    from {{ ref('can_refunds') }} as refunds
    where refunds.refund_status = 'succeeded' and refunds.amount_minor > 0
),

line_totals as (
    select refund_id, {{ sum_minor('net_minor + tax_minor') }} as lines_minor
    from {{ ref('can_refund_lines') }}
    group by refund_id
),

sales as (
    select order_id, held_back_reason from {{ ref('fct_expected_sales_receipts') }}
),

booked as (
    select distinct book_event_id
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null and not is_deleted
),

given_back as (
    select
        'je:' || numbered.entity_id || ':' || numbered.refund_id || ':refunded:0' as document_key,
        numbered.refund_id,
        numbered.order_id,
        numbered.entity_id,
        orders.channel,
        orders.order_number || '-R' || cast(numbered.nth as varchar) as document_number,
        numbered.refund_date as document_date,
        orders.channel || ' customers' as customer_name,
        case numbered.tender_type
            when 'gift_card' then '2200' when 'store_credit' then '2210' when 'manual' then '1140' else '1100'
        end as deposit_account_number,
        numbered.amount_minor as total_minor,
        numbered.currency_code,
        case
            when sales.order_id is null then 'order_not_captured'
            when sales.held_back_reason = 'on_terms' then 'on_terms'
            when line_totals.lines_minor is null or line_totals.lines_minor <> numbered.amount_minor then 'lines_do_not_add_up'
            when numbered.refund_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
        end as held_back_reason
    from numbered
    inner join {{ ref('can_orders') }} as orders on numbered.order_id = orders.order_id
    left join line_totals on numbered.refund_id = line_totals.refund_id
    left join sales on numbered.order_id = sales.order_id
    where not orders.is_test
),

receipts as (
    select given_back.*, booked.book_event_id is not null as is_in_books
    from given_back
    left join booked on given_back.document_key = booked.book_event_id
)

select * from receipts
