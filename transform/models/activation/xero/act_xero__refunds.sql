with

-- What goes back by gift card, store credit or by hand is no money of the processor's.
per_order as (
    select
        expected.document_key, expected.order_id, expected.refund_id, expected.document_number, expected.document_date,
        expected.customer_name, expected.deposit_account_number, expected.total_minor, expected.currency_code,
        'one refund' as detail, expected.gives_back = 'advance' as is_advance
    from {{ ref('fct_expected_refund_receipts') }} as expected
    inner join {{ ref('fct_order_book_policies') }} as policies using (order_id)
    inner join {{ ref('dim_posting_accounts') }} as accounts on expected.entity_id = accounts.entity_id
    where expected.held_back_reason is null and not expected.is_in_books and policies.booking_policy = 'per_order'
        and expected.deposit_account_number = accounts.clearing and expected.total_minor > 0
        and expected.entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('expected') }}
),

summaries as (
    select
        document_key, cast(null as varchar) as order_id, cast(null as varchar) as refund_id, document_number, document_date,
        customer_name, deposit_account_number, total_minor, currency_code, cast(documents as varchar) || ' orders in one document' as detail,
        false as is_advance
    from {{ ref('fct_expected_receipt_summaries') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where document_type = 'refund_receipt' and held_back_reason is null and not is_in_books
        and deposit_account_number = accounts.clearing and total_minor > 0
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_receipt_summaries') }}
),

-- What changed after its month was closed, where it costs money.
corrections as (
    select
        document_key, order_id, refund_id, document_number, document_date, customer_name, accounts.clearing as deposit_account_number,
        -clearing_minor as total_minor, currency_code, 'SRC-07, ' || cause || ' after ' || period_month || ' was closed' as detail, false as is_advance
    from {{ ref('fct_expected_corrections') }}
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where held_back_reason is null and clearing_minor < 0
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_corrections') }}
),

expected as (
    select * from per_order
    union all
    select * from corrections
    union all
    select * from summaries
),

-- Receipts that are ours to send and not in the books yet: a refund does not get there before its sale, or before the payment it gives back.
unsent_receipts as (
    select receipts.source_key as order_id, advances.document_key is not null as is_advance, max(receipts.record_key) as record_key
    from {{ ref('act_xero__receipts') }} as receipts
    left join {{ ref('fct_expected_advances') }} as advances on receipts.record_key = advances.document_key
    group by receipts.source_key, advances.document_key is not null
),

lines as (
    select * from {{ ref('fct_expected_taxed_lines') }}
    union all
    select * from {{ ref('fct_expected_taxed_summary_lines') }}
    union all
    select document_key, line_number, entity_id, account_number, line_description, -line_amount_minor, -line_tax_minor, cast(null as varchar), platform_tax_code, is_tax_mapped
    from {{ ref('fct_expected_correction_taxed_lines') }}
),

unmapped as (
    select distinct document_key from lines where not is_tax_mapped
),

refunds as (
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
        'Refunded on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code || ', '
            || expected.detail || '; the books hold no document ' || expected.document_number as reason,
        coalesce(expected.refund_id, expected.document_key) as source_key,
        unsent_receipts.record_key as receipt_key
    from expected
    inner join lines using (document_key)
    left join unmapped using (document_key)
    left join unsent_receipts using (order_id, is_advance)
    where unmapped.document_key is null
)

select * from refunds
