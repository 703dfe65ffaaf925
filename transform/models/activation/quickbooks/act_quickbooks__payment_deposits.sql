with expected as (
    select expected.*
    from {{ ref('fct_expected_payment_deposits') }} as expected
    inner join {{ ref('accounts') }} as accounts
        on expected.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
    where expected.held_back_reason is null and not expected.is_in_books and {{ in_open_month('expected') }}
),

deposits as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_date,
        expected.document_key as memo,
        expected.deposit_account_number,
        expected.total_minor,
        lines.account_number,
        lines.linked_key,
        lines.linked_document_id,
        lines.line_description,
        lines.line_amount_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        'The bank received ' || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' '
            || expected.currency_code || ' on ' || cast(expected.document_date as varchar) || ' for invoice '
            || expected.payment_reference || '; the books hold no such deposit' as reason,
        expected.bank_line_id as source_key,
        case when not expected.is_payment_in_books then lines.linked_key end as payment_key
    from expected
    inner join {{ ref('fct_expected_payment_deposit_lines') }} as lines on expected.document_key = lines.document_key
)

select * from deposits
