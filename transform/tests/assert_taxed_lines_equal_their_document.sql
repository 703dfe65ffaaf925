{{ config(meta={'spares': 'goods'}) }}
-- Every document we would write equals its taxed lines: amounts and taxes together are its total. A row here
-- means that a tax was lost, doubled or put on a line that does not exist. Documents held back are left out.
with

sums as (
    select document_key, {{ sum_minor('line_amount_minor + line_tax_minor') }} as lines_minor
    from (
        select document_key, line_amount_minor, line_tax_minor from {{ ref('fct_expected_taxed_lines') }}
        union all
        select document_key, line_amount_minor, line_tax_minor from {{ ref('fct_expected_taxed_summary_lines') }}
    ) as lines
    group by document_key
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
    select document_key, total_minor from {{ ref('fct_expected_receipt_summaries') }} where held_back_reason is null and not is_in_books
)

select documents.document_key, documents.total_minor, sums.lines_minor
from documents
left join sums using (document_key)
where sums.lines_minor is null or sums.lines_minor != documents.total_minor
