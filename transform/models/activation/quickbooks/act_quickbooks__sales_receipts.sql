with receipts as (
    select receipts.*
    from {{ ref('fct_expected_sales_receipts') }} as receipts
    inner join {{ ref('fct_order_book_policies') }} as policies on receipts.order_id = policies.order_id
    where receipts.held_back_reason is null and not receipts.is_in_books and policies.booking_policy = 'per_order'
        and {{ in_open_month('receipts') }}
        and receipts.entity_id in {{ entities_with_books('quickbooks') }}
),

advances as (
    select advances.*
    from {{ ref('fct_expected_advances') }} as advances
    inner join {{ ref('fct_order_book_policies') }} as policies on advances.order_id = policies.order_id
    where advances.held_back_reason is null and not advances.is_in_books and policies.booking_policy = 'per_order'
        and {{ in_open_month('advances') }}
        and advances.entity_id in {{ entities_with_books('quickbooks') }}
),

summaries as (
    select * from {{ ref('fct_expected_receipt_summaries') }}
    where document_type = 'sales_receipt' and held_back_reason is null and not is_in_books
        and {{ in_open_month('fct_expected_receipt_summaries') }}
        and entity_id in {{ entities_with_books('quickbooks') }}
),

sales_receipts as (
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
        case when receipts.advance_minor + receipts.advance_tax_minor > 0 then 'Sent on ' else 'Captured on ' end
            || cast(receipts.document_date as varchar) || ': ' || {{ money_text('receipts.captured_minor', 'receipts.currency_code') }} || ' ' || receipts.currency_code
            || ' less ' || {{ money_text('receipts.fee_minor', 'receipts.currency_code') }} || ' fee'
            || case when receipts.gift_card_minor > 0
                then ', ' || {{ money_text('receipts.gift_card_minor', 'receipts.currency_code') }} || ' of it by gift card' else '' end
            || case when receipts.advance_minor + receipts.advance_tax_minor > 0
                then ', ' || {{ money_text('receipts.advance_minor + receipts.advance_tax_minor', 'receipts.currency_code') }} || ' of it before' else '' end
            || '; the books hold no document ' || receipts.document_number as reason,
        receipts.order_id as source_key
    from receipts
    inner join {{ ref('fct_expected_sales_receipt_lines') }} as lines on receipts.document_key = lines.document_key
    union all
    select
        advances.document_key, lines.line_number, advances.document_number, advances.document_date, advances.customer_name,
        advances.document_key, advances.deposit_account_number, advances.total_minor, lines.item_name, lines.account_number,
        lines.line_description, lines.line_amount_minor, advances.total_minor, advances.currency_code,
        'Paid in advance on ' || cast(advances.document_date as varchar) || ': '
            || {{ money_text('advances.paid_minor', 'advances.currency_code') }} || ' ' || advances.currency_code
            || ' less ' || {{ money_text('advances.fee_minor', 'advances.currency_code') }} || ' fee'
            || '; the books hold no document ' || advances.document_number,
        advances.order_id
    from advances
    inner join {{ ref('fct_expected_advance_lines') }} as lines on advances.document_key = lines.document_key
    union all
    select
        summaries.document_key, lines.line_number, summaries.document_number, summaries.document_date, summaries.customer_name,
        summaries.document_key, summaries.deposit_account_number, summaries.total_minor, lines.item_name, lines.account_number,
        lines.line_description, lines.line_amount_minor, summaries.total_minor, summaries.currency_code,
        cast(summaries.documents as varchar) || ' orders of ' || cast(summaries.document_date as varchar) || ' in one document: '
            || {{ money_text('summaries.total_minor', 'summaries.currency_code') }} || ' ' || summaries.currency_code
            || '; the books hold no document ' || summaries.document_number,
        summaries.document_key
    from summaries
    inner join {{ ref('fct_expected_receipt_summary_lines') }} as lines on summaries.document_key = lines.document_key
)

select * from sales_receipts
