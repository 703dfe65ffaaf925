with

-- Nothing is written that moves no money: what a gift card paid whole has no place among bank transactions.
expected as (
    select * from {{ ref('fct_expected_sales_receipts') }}
    where held_back_reason is null and not is_in_books and total_minor > 0
        and entity_id in {{ entities_with_books('xero') }}
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
),

unmapped as (
    select distinct document_key from lines where not is_tax_mapped
),

receipts as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        expected.customer_name as contact_name,
        expected.deposit_account_number as bank_account_number,
        expected.total_minor,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        case when lines.line_tax_minor = 0 then 'NONE' else lines.platform_tax_code end as tax_code,
        lines.line_tax_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        'Captured on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.captured_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || ' less ' || {{ money_text('expected.fee_minor', 'expected.currency_code') }} || ' fee'
            || '; the books hold no document ' || expected.document_number as reason,
        expected.order_id as source_key
    from expected
    inner join lines using (document_key)
    left join unmapped using (document_key)
    where unmapped.document_key is null
)

select * from receipts
