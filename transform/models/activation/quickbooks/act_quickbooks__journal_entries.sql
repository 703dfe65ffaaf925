with expected as (
    select expected.*
    from {{ ref('fct_expected_journal_documents') }} as expected
    inner join {{ ref('accounts') }} as accounts
        on expected.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
    where expected.held_back_reason is null and not expected.is_in_books and {{ in_open_month('expected') }}
),

journal_entries as (
    select
        expected.document_key as record_key,
        lines.line_number,
        expected.document_number,
        expected.document_date,
        expected.document_key as memo,
        expected.total_minor,
        lines.side,
        lines.account_number,
        lines.line_description,
        lines.line_amount_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        expected.title || ' on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || '; the books hold no such entry' as reason,
        coalesce(expected.movement_id, expected.document_key) as source_key
    from expected
    inner join {{ ref('fct_expected_journal_lines') }} as lines on expected.document_key = lines.document_key
)

select * from journal_entries
