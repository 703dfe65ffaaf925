with expected as (
    select expected.*
    from {{ ref('fct_expected_credit_notes') }} as expected
    inner join {{ ref('accounts') }} as accounts
        on expected.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
    where expected.held_back_reason is null and not expected.is_in_books and {{ in_open_month('expected') }}
),

invoices as (
    select document_key, is_in_books from {{ ref('fct_expected_invoices') }}
),

customers as (
    select customer_key, booked_display_name from {{ ref('fct_expected_book_customers') }}
),

credit_notes as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        coalesce(customers.booked_display_name, expected.customer_name) as customer_name,
        expected.document_key as memo,
        expected.total_minor,
        lines.item_name,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        case when expected.credit_type = 'refund' then 'Refunded on ' else 'Discount for paying early, on ' end
            || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || ' less on the invoice; the books hold no document ' || expected.document_number as reason,
        coalesce(expected.refund_id, expected.order_id) as source_key,
        case when not invoices.is_in_books then expected.invoice_key end as invoice_key
    from expected
    inner join {{ ref('fct_expected_credit_note_lines') }} as lines on expected.document_key = lines.document_key
    inner join invoices on expected.invoice_key = invoices.document_key
    left join customers on expected.customer_key = customers.customer_key
)

select * from credit_notes
