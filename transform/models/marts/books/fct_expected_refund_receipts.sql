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
    select order_id, held_back_reason, is_in_books from {{ ref('fct_expected_sales_receipts') }}
),

booked as (
    select distinct book_event_id
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null and not is_deleted and not is_correction
    union
    select distinct memo from {{ ref('can_book_documents') }} where memo like 'je:%' and not is_deleted
),

-- What comes back before the goods counted as sold is given back of what was paid in advance; the sale then takes it off again.
waiting as (
    select
        refunds.refund_id, refunds.entity_id, refunds.recognised_date, refunds.advance_minor, refunds.advance_tax_minor,
        refunds.credited_minor != 0 or refunds.unpaid_minor != 0 or refunds.beyond_minor != 0 as is_uneven
    from {{ ref('fct_settled_refunds') }} as refunds
    where refunds.is_advance
),

advances as (
    select order_id, bool_or(not is_in_books and held_back_reason is not null) as has_held_back
    from {{ ref('fct_expected_advances') }}
    group by order_id
),

given_back as (
    select
        numbered.refund_id,
        numbered.order_id,
        numbered.entity_id,
        numbered.refund_date,
        numbered.nth,
        numbered.amount_minor,
        numbered.currency_code,
        orders.channel,
        orders.order_number,
        waiting.refund_id is not null as is_advance,
        waiting.recognised_date,
        coalesce(waiting.advance_minor, 0) as advance_minor,
        coalesce(waiting.advance_tax_minor, 0) as advance_tax_minor,
        case numbered.tender_type
            when 'gift_card' then accounts.tender_gift_card when 'store_credit' then accounts.tender_store_credit
            when 'manual' then accounts.tender_manual else accounts.clearing
        end as tender_account_number,
        accounts.clearing as clearing_account_number,
        case
            when sales.order_id is null and advances.order_id is null then 'order_not_captured'
            when sales.held_back_reason = 'on_terms' then 'on_terms'
            when accounts.unmapped is not null then 'unmapped_account'
            when line_totals.lines_minor is null or line_totals.lines_minor <> numbered.amount_minor or waiting.is_uneven then 'lines_do_not_add_up'
            when waiting.refund_id is not null and coalesce(advances.has_held_back, true) then 'advance_held_back'
            when sales.order_id is null and waiting.refund_id is null then 'order_not_captured'
        end as reason,
        case when sales.held_back_reason is not null and not sales.is_in_books then 'sale_held_back' end as sale_reason
    from numbered
    inner join {{ ref('can_orders') }} as orders on numbered.order_id = orders.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on numbered.entity_id = accounts.entity_id
    left join line_totals on numbered.refund_id = line_totals.refund_id
    left join sales on numbered.order_id = sales.order_id
    left join waiting on numbered.refund_id = waiting.refund_id
    left join advances on numbered.order_id = advances.order_id
    where not orders.is_test
),

documents as (
    select
        'je:' || entity_id || ':' || refund_id || ':refunded:0' as document_key, refund_id, order_id, entity_id, channel,
        order_number || case when is_advance then '-AR' else '-R' end || cast(nth as varchar) as document_number, refund_date as document_date,
        tender_account_number as deposit_account_number, amount_minor as total_minor, currency_code,
        case when is_advance then 'advance' else 'sale' end as gives_back, advance_minor, advance_tax_minor, reason
    from given_back
    union all
    select
        'je:' || entity_id || ':' || refund_id || ':released:0', refund_id, order_id, entity_id, channel, order_number || '-R' || cast(nth as varchar),
        recognised_date, clearing_account_number, cast(0 as bigint), currency_code, 'released', advance_minor, advance_tax_minor, coalesce(reason, sale_reason)
    from given_back
    where is_advance and recognised_date is not null
),

receipts as (
    select
        documents.document_key, documents.refund_id, documents.order_id, documents.entity_id, documents.channel, documents.document_number,
        documents.document_date, documents.channel || ' customers' as customer_name, documents.deposit_account_number, documents.total_minor,
        documents.currency_code,
        coalesce(
            documents.reason, case when documents.document_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from' end
        ) as held_back_reason,
        booked.book_event_id is not null as is_in_books, documents.gives_back, documents.advance_minor, documents.advance_tax_minor
    from documents
    left join booked on documents.document_key = booked.book_event_id
)

select * from receipts
