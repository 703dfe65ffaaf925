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

settled_at_once as (
    select
        document_key, order_id, document_number, document_date, document_date as due_date, customer_key, cast(null as varchar) as po_number,
        cast(0 as bigint) as total_minor, currency_code, occasion, sign
    from {{ ref('fct_expected_settled_documents') }}
    where not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_settled_documents') }}
),

expected as (
    select *, 1 as sign from on_terms
    union all
    select * from settled_at_once
),

known as (
    select distinct record_key from {{ ref('act_xero__contacts') }} where observed_contact_number is not null
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
    union all
    select * from {{ ref('fct_expected_taxed_summary_lines') }}
    union all
    select document_key, line_number, entity_id, account_number, line_description, line_amount_minor, line_tax_minor, cast(null as varchar), platform_tax_code, is_tax_mapped
    from {{ ref('fct_expected_correction_taxed_lines') }}
    union all
    -- Tax is only booked there as tax on a line.
    select
        lines.document_key, lines.line_number, lines.entity_id, lines.account_number, lines.line_description,
        case lines.side when 'credit' then lines.line_amount_minor else -lines.line_amount_minor end, 0, null, null, lines.account_number != accounts.tax
    from {{ ref('fct_expected_journal_lines') }} as lines
    inner join {{ ref('fct_expected_bank_transactions') }} as transactions on lines.document_key = transactions.document_key
    inner join {{ ref('dim_posting_accounts') }} as accounts on lines.entity_id = accounts.entity_id
    where transactions.held_back_reason = 'not_through_clearing'
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
