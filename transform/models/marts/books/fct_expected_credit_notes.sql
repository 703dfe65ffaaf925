with invoices as (
    select * from {{ ref('fct_expected_invoices') }}
),

receipts as (
    select * from {{ ref('fct_expected_refund_receipts') }} where held_back_reason = 'on_terms'
),

refund_totals as (
    select document_key, {{ sum_minor('line_amount_minor') }} as lines_minor
    from {{ ref('fct_expected_refund_receipt_lines') }}
    group by document_key
),

booked as (
    select entity_id, memo, document_type, min(platform_document_id) as platform_document_id
    from {{ ref('can_book_documents') }}
    where memo is not null and not is_deleted
    group by entity_id, memo, document_type
),

refunded as (
    select
        receipts.document_key, 'refund' as credit_type, invoices.document_key as invoice_key, receipts.entity_id,
        receipts.order_id, receipts.refund_id, receipts.document_number, receipts.document_date, receipts.total_minor,
        cast(0 as bigint) as tax_minor, receipts.currency_code, receipts.is_in_books,
        refund_totals.lines_minor is null or refund_totals.lines_minor <> receipts.total_minor as is_out_of_balance
    from receipts
    inner join invoices on receipts.order_id = invoices.order_id
    left join refund_totals on receipts.document_key = refund_totals.document_key
),

discounted as (
    select
        discounts.event_id || ':0' as document_key, 'early_payment' as credit_type, invoices.document_key as invoice_key, discounts.entity_id,
        discounts.order_id, cast(null as varchar) as refund_id, invoices.document_number || '-D1' as document_number,
        discounts.discount_date as document_date, discounts.discount_minor as total_minor, discounts.tax_minor, discounts.currency_code,
        false as is_in_books, false as is_out_of_balance
    from {{ ref('fct_early_payment_discounts') }} as discounts
    inner join invoices on discounts.order_id = invoices.order_id
),

credits as (
    select * from refunded
    union all
    select * from discounted
),

credit_notes as (
    select
        credits.document_key, credits.credit_type, credits.invoice_key, credits.entity_id, credits.order_id,
        credits.refund_id, credits.document_number, credits.document_date, invoices.customer_key, invoices.customer_name,
        invoices.receivable_account_number, credits.total_minor, credits.tax_minor, credits.currency_code,
        credits.is_in_books or booked.memo is not null as is_in_books,
        booked.platform_document_id,
        case
            when invoices.held_back_reason is not null then 'invoice_held_back'
            when credits.is_out_of_balance then 'lines_do_not_add_up'
            when credits.document_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
        end as held_back_reason
    from credits
    inner join invoices on credits.invoice_key = invoices.document_key
    left join booked
        on credits.entity_id = booked.entity_id and credits.document_key = booked.memo and booked.document_type = 'credit_memo'
)

select * from credit_notes
