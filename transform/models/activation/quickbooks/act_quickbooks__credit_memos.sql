with receipts as (
    select receipts.*
    from {{ ref('fct_expected_refund_receipts') }} as receipts
    inner join {{ ref('fct_order_book_policies') }} as policies on receipts.order_id = policies.order_id
    where receipts.held_back_reason is null and not receipts.is_in_books and policies.booking_policy = 'per_order'
        and {{ in_open_month('receipts') }}
        and receipts.entity_id in {{ entities_with_books('quickbooks') }}
),

summaries as (
    select * from {{ ref('fct_expected_receipt_summaries') }}
    where document_type = 'refund_receipt' and held_back_reason is null and not is_in_books
        and {{ in_open_month('fct_expected_receipt_summaries') }}
        and entity_id in {{ entities_with_books('quickbooks') }}
),

-- Sales receipts that are ours to send and not in the books yet: a refund does not get there before its sale.
unsent as (
    select order_id, document_key, false as is_advance
    from {{ ref('fct_expected_sales_receipts') }}
    where held_back_reason is null and not is_in_books and {{ in_open_month('fct_expected_sales_receipts') }}
    union all
    select order_id, document_key, true
    from {{ ref('fct_expected_advances') }}
    where held_back_reason is null and not is_in_books and {{ in_open_month('fct_expected_advances') }}
),

-- What was paid in advance is given back after that payment; every other refund follows its sale.
unsent_sales as (
    select receipts.document_key as receipt_key, max(unsent.document_key) as document_key
    from receipts
    inner join unsent
        on receipts.order_id = unsent.order_id
        and unsent.is_advance = (receipts.gives_back = 'advance')
    group by receipts.document_key
),

credit_memos as (
    select
        receipts.document_key as record_key,
        lines.line_number,
        receipts.document_number,
        receipts.document_date,
        receipts.customer_name,
        receipts.document_key as memo,
        receipts.deposit_account_number,
        receipts.total_minor,
        lines.item_name,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        receipts.total_minor as money_minor,
        receipts.currency_code,
        'Refunded on ' || cast(receipts.document_date as varchar) || ': '
            || {{ money_text('receipts.total_minor', 'receipts.currency_code') }} || ' ' || receipts.currency_code
            || '; the books hold no document ' || receipts.document_number as reason,
        receipts.refund_id as source_key,
        unsent_sales.document_key as sales_receipt_key
    from receipts
    inner join {{ ref('fct_expected_refund_receipt_lines') }} as lines on receipts.document_key = lines.document_key
    left join unsent_sales on receipts.document_key = unsent_sales.receipt_key
    union all
    select
        summaries.document_key, lines.line_number, summaries.document_number, summaries.document_date, summaries.customer_name,
        summaries.document_key, summaries.deposit_account_number, summaries.total_minor, lines.item_name, lines.account_number,
        lines.line_description, lines.line_amount_minor, summaries.total_minor, summaries.currency_code,
        cast(summaries.documents as varchar) || ' refunds of ' || cast(summaries.document_date as varchar) || ' in one document: '
            || {{ money_text('summaries.total_minor', 'summaries.currency_code') }} || ' ' || summaries.currency_code
            || '; the books hold no document ' || summaries.document_number,
        summaries.document_key, cast(null as varchar)
    from summaries
    inner join {{ ref('fct_expected_receipt_summary_lines') }} as lines on summaries.document_key = lines.document_key
)

select * from credit_memos
