with expected as (
    select expected.*
    from {{ ref('fct_expected_payments') }} as expected
    inner join {{ ref('accounts') }} as accounts
        on expected.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
    where expected.held_back_reason is null and not expected.is_in_books and {{ in_open_month('expected') }}
),

customers as (
    select customer_key, booked_display_name from {{ ref('fct_expected_book_customers') }}
),

payments as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.payment_reference,
        expected.document_date,
        coalesce(customers.booked_display_name, expected.customer_name) as customer_name,
        expected.document_key as memo,
        expected.deposit_account_number,
        expected.total_minor,
        lines.linked_type,
        lines.linked_key,
        lines.linked_document_id,
        lines.line_amount_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        case when expected.settlement_type = 'credited' then 'Credited on ' else 'Received on ' end
            || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.applied_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || ' on invoice ' || expected.payment_reference
            || case when expected.discount_minor > 0 then ', paid early less '
                || {{ money_text('expected.discount_minor', 'expected.currency_code') }} else '' end
            || '; the books hold no such payment' as reason,
        expected.settlement_key as source_key,
        case when lines.linked_type = 'invoice' and not lines.is_linked_in_books then lines.linked_key end as invoice_key,
        case when lines.linked_type = 'credit_memo' and not lines.is_linked_in_books then lines.linked_key end as credit_note_key
    from expected
    inner join {{ ref('fct_expected_payment_lines') }} as lines on expected.document_key = lines.document_key
    left join customers on expected.customer_key = customers.customer_key
)

select * from payments
