{{ config(meta={'spares': 'goods'}) }}
-- Every document we would write equals its lines: what moves on clearing (or the tender's account) is their sum. Documents
-- held back are left out, for some are held back just because they do not add up.
with lines as (
    select document_key, line_amount_minor from {{ ref('fct_expected_sales_receipt_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_advance_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_refund_receipt_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_invoice_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_credit_note_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_payment_deposit_lines') }}
    union all
    select document_key, line_amount_minor from {{ ref('fct_expected_receipt_summary_lines') }}
),

sums as (
    select document_key, {{ sum_minor('line_amount_minor') }} as lines_minor from lines group by document_key
),

documents as (
    select document_key, total_minor from {{ ref('fct_expected_sales_receipts') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_advances') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_refund_receipts') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_invoices') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_credit_notes') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_payment_deposits') }} where held_back_reason is null
    union all
    select document_key, total_minor from {{ ref('fct_expected_receipt_summaries') }} where held_back_reason is null
)

select documents.document_key, documents.total_minor, sums.lines_minor
from documents
left join sums on documents.document_key = sums.document_key
where sums.lines_minor is null or sums.lines_minor <> documents.total_minor
