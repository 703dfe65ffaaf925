with

on_terms as (
    select
        document_key, order_id, document_number, document_date, due_date, customer_key, po_number, total_minor, currency_code,
        'Sold on ' || cast(document_date as varchar) || ' on ' || terms_name || ' to ' || customer_name as occasion
    from {{ ref('fct_expected_invoices') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_invoices') }}
),

-- What moves no bank account there is an invoice that its own lines settle: an order or an advance paid by gift card or outside the
-- processor, goods that leave after they were paid, and what had come back of them before. Books that take no journals have no other form for it.
settled as (
    select document_key, order_id, entity_id, channel, document_number, document_date, total_minor, currency_code, 1 as sign,
        case when advance_minor + advance_tax_minor > 0 then 'Sent on ' else 'Sold on ' end || cast(document_date as varchar)
            || case when advance_minor + advance_tax_minor > 0 then ', paid in advance' else ', paid without a processor' end as occasion
    from {{ ref('fct_expected_sales_receipts') }}
    where held_back_reason is null and not is_in_books and total_minor = 0
    union all
    select document_key, order_id, entity_id, channel, document_number, document_date, total_minor, currency_code, 1,
        'Paid in advance on ' || cast(document_date as varchar) || ', without a processor'
    from {{ ref('fct_expected_advances') }}
    where held_back_reason is null and not is_in_books and total_minor = 0
    union all
    select document_key, order_id, entity_id, channel, document_number, document_date, total_minor, currency_code, -1,
        'Sent on ' || cast(document_date as varchar) || ', without what had come back'
    from {{ ref('fct_expected_refund_receipts') }}
    where held_back_reason is null and not is_in_books and gives_back = 'released'
),

settled_at_once as (
    select
        settled.document_key, settled.order_id, settled.document_number, settled.document_date, settled.document_date as due_date,
        'channel:' || settled.entity_id || ':' || settled.channel as customer_key, cast(null as varchar) as po_number,
        settled.total_minor, settled.currency_code, settled.occasion, settled.sign
    from settled
    inner join {{ ref('fct_order_book_policies') }} as policies using (order_id)
    where policies.booking_policy = 'per_order'
        and settled.entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('settled') }}
),

-- The same of a day in one document.
settled_days as (
    select
        document_key, document_key as order_id, document_number, document_date, document_date as due_date,
        'channel:' || entity_id || ':' || channel as customer_key, cast(null as varchar) as po_number, total_minor, currency_code,
        cast(documents as varchar) || ' orders of ' || cast(document_date as varchar) || ' in one document' as occasion,
        case document_type when 'sales_receipt' then 1 else -1 end as sign
    from {{ ref('fct_expected_receipt_summaries') }}
    where held_back_reason is null and not is_in_books and total_minor = 0 and deposit_account_number = '1100'
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_receipt_summaries') }}
),

expected as (
    select *, 1 as sign from on_terms
    union all
    select * from settled_at_once
    union all
    select * from settled_days
),

known as (
    select distinct record_key from {{ ref('act_xero__contacts') }} where observed_contact_number is not null
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
    union all
    select * from {{ ref('fct_expected_taxed_summary_lines') }}
),

unmapped as (
    select distinct document_key from lines where not is_tax_mapped
),

invoices as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        expected.due_date,
        expected.customer_key as contact_number,
        expected.po_number,
        expected.total_minor,
        lines.account_number,
        lines.line_description,
        cast(expected.sign * lines.line_amount_minor as bigint) as line_amount_minor,
        case when lines.line_tax_minor = 0 then 'NONE' else lines.platform_tax_code end as tax_code,
        cast(expected.sign * lines.line_tax_minor as bigint) as line_tax_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        expected.occasion || ': ' || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' '
            || expected.currency_code || ', due on ' || cast(expected.due_date as varchar)
            || '; the books hold no document ' || expected.document_number as reason,
        expected.order_id as source_key,
        case when known.record_key is null then expected.customer_key end as customer_key
    from expected
    inner join lines using (document_key)
    left join unmapped using (document_key)
    left join known on expected.customer_key = known.record_key
    where unmapped.document_key is null
)

select * from invoices
