with

-- What moved no money at the processor has no place among bank transactions; it is invoiced.
per_order as (
    select
        expected.document_key, expected.order_id, cast(null as varchar) as refund_id, expected.document_number, expected.document_date,
        expected.customer_name, expected.deposit_account_number, expected.total_minor, expected.currency_code,
        'less ' || {{ money_text('expected.fee_minor', 'expected.currency_code') }} || ' fee' as detail
    from {{ ref('fct_expected_sales_receipts') }} as expected
    inner join {{ ref('fct_order_book_policies') }} as policies using (order_id)
    where expected.held_back_reason is null and not expected.is_in_books and policies.booking_policy = 'per_order'
        and expected.total_minor > 0
        and expected.entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('expected') }}
),

advances as (
    select
        expected.document_key, expected.order_id, cast(null as varchar) as refund_id, expected.document_number, expected.document_date,
        expected.customer_name, expected.deposit_account_number, expected.total_minor, expected.currency_code,
        'paid in advance, less ' || {{ money_text('expected.fee_minor', 'expected.currency_code') }} || ' fee' as detail
    from {{ ref('fct_expected_advances') }} as expected
    inner join {{ ref('fct_order_book_policies') }} as policies using (order_id)
    where expected.held_back_reason is null and not expected.is_in_books and policies.booking_policy = 'per_order'
        and expected.total_minor > 0
        and expected.entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('expected') }}
),

summaries as (
    select
        document_key, cast(null as varchar) as order_id, cast(null as varchar) as refund_id, document_number, document_date,
        customer_name, deposit_account_number, total_minor, currency_code, cast(documents as varchar) || ' orders in one document' as detail
    from {{ ref('fct_expected_receipt_summaries') }}
    where document_type = 'sales_receipt' and held_back_reason is null and not is_in_books
        and total_minor > 0
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_receipt_summaries') }}
),

-- What changed after its month was closed, where it brings money.
corrections as (
    select
        document_key, order_id, refund_id, document_number, document_date, customer_name, accounts.clearing as deposit_account_number,
        clearing_minor as total_minor, currency_code, 'SRC-07, ' || cause || ' after ' || period_month || ' was closed' as detail
    from {{ ref('fct_expected_corrections') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where held_back_reason is null and clearing_minor > 0
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_corrections') }}
),

expected as (
    select * from per_order
    union all
    select * from corrections
    union all
    select * from advances
    union all
    select * from summaries
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
    union all
    select * from {{ ref('fct_expected_taxed_summary_lines') }}
    union all
    select document_key, line_number, entity_id, account_number, line_description, line_amount_minor, line_tax_minor, cast(null as varchar), platform_tax_code, is_tax_mapped
    from {{ ref('fct_expected_correction_taxed_lines') }}
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
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code || ', '
            || expected.detail || '; the books hold no document ' || expected.document_number as reason,
        coalesce(expected.order_id, expected.document_key) as source_key
    from expected
    inner join lines using (document_key)
    left join unmapped using (document_key)
    where unmapped.document_key is null
)

select * from receipts
