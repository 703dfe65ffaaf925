with expected as (
    select invoices.*
    from {{ ref('fct_expected_invoices') }} as invoices
    inner join {{ ref('accounts') }} as accounts
        on invoices.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
    where invoices.held_back_reason is null and not invoices.is_in_books and {{ in_open_month('invoices') }}
),

customers as (
    select customer_key, platform_customer_id, booked_display_name from {{ ref('fct_expected_book_customers') }}
),

invoices as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        expected.due_date,
        coalesce(customers.booked_display_name, expected.customer_name) as customer_name,
        expected.document_key as memo,
        expected.terms_name,
        nullif(
            coalesce('Purchase order ' || expected.po_number, '')
                || case when expected.po_number is not null and expected.tax_id is not null then ', ' else '' end
                || coalesce('tax id ' || expected.tax_id, ''),
            ''
        ) as customer_note,
        expected.total_minor,
        lines.item_name,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        'Sold on ' || cast(expected.document_date as varchar) || ' on ' || expected.terms_name || ' to '
            || expected.customer_name || ': ' || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' '
            || expected.currency_code || ', due on ' || cast(expected.due_date as varchar)
            || '; the books hold no document ' || expected.document_number as reason,
        expected.order_id as source_key,
        case when customers.platform_customer_id is null then expected.customer_key end as customer_key
    from expected
    inner join {{ ref('fct_expected_invoice_lines') }} as lines on expected.document_key = lines.document_key
    inner join customers on expected.customer_key = customers.customer_key
)

select * from invoices
