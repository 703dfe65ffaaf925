with

expected as (
    select * from {{ ref('fct_expected_credit_notes') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_credit_notes') }}
),

booked_invoices as (
    select document_key from {{ ref('fct_expected_invoices') }} where is_in_books
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
),

unmapped as (
    select distinct document_key from lines where not is_tax_mapped
),

credit_notes as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        expected.customer_key as contact_number,
        expected.total_minor,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        case when lines.line_tax_minor = 0 then 'NONE' else lines.platform_tax_code end as tax_code,
        lines.line_tax_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        case when expected.credit_type = 'refund' then 'Refunded on ' else 'Discount for paying early, on ' end
            || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || ' less on the invoice; the books hold no document ' || expected.document_number as reason,
        coalesce(expected.refund_id, expected.order_id) as source_key,
        case when booked_invoices.document_key is null then expected.invoice_key end as invoice_key
    from expected
    inner join lines using (document_key)
    left join unmapped using (document_key)
    left join booked_invoices on expected.invoice_key = booked_invoices.document_key
    where unmapped.document_key is null
)

select * from credit_notes
