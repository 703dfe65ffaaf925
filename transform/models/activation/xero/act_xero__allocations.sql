with

expected as (
    select * from {{ ref('fct_expected_payments') }}
    where held_back_reason is null and entity_id in {{ entities_with_books('xero') }} and {{ in_open_month('fct_expected_payments') }}
),

-- What of a payment, or of a credit alone, uses up a credit note.
credits as (
    select document_key, linked_key, line_amount_minor from {{ ref('fct_expected_payment_lines') }}
    where linked_type = 'credit_memo' and line_amount_minor > 0
),

credit_notes as (
    select * from {{ ref('fct_expected_credit_notes') }} where held_back_reason is null
),

booked_invoices as (
    select document_key from {{ ref('fct_expected_invoices') }} where is_in_books
),

allocations as (
    select
        'allocation:' || credit_notes.document_key as record_key,
        expected.document_date,
        credit_notes.document_key as credit_note_key,
        credit_notes.platform_document_id as credit_note_id,
        credit_notes.document_number as credit_note_number,
        expected.payment_reference as invoice_number,
        credits.line_amount_minor as total_minor,
        credits.line_amount_minor as money_minor,
        expected.currency_code,
        'Credit note ' || credit_notes.document_number || ' lowers invoice ' || expected.payment_reference || ' by '
            || {{ money_text('credits.line_amount_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || '; it must be set against it in the books' as reason,
        expected.settlement_key as source_key,
        expected.document_key as payment_key,
        case when booked_invoices.document_key is null then expected.invoice_key end as invoice_key,
        case when not credit_notes.is_in_books then credit_notes.document_key end as unbooked_credit_note_key
    from expected
    inner join credits on expected.document_key = credits.document_key
    inner join credit_notes on credits.linked_key = credit_notes.document_key
    left join booked_invoices on expected.invoice_key = booked_invoices.document_key
    -- A credit that somebody booked in another way has no document of ours to set against anything.
    where not credit_notes.is_in_books or credit_notes.platform_document_id is not null
)

select * from allocations
