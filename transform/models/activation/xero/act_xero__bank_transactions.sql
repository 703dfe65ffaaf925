with

expected as (
    select * from {{ ref('fct_expected_bank_transactions') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_bank_transactions') }}
),

-- Positive is the way the money goes: out when it is spent, in when it is received.
lines as (
    select
        expected.document_key, expected.direction, lines.line_number, lines.account_number, lines.line_description,
        case when (expected.direction = 'spent') = (lines.side = 'debit') then lines.line_amount_minor else -lines.line_amount_minor end
            as line_amount_minor
    from {{ ref('fct_expected_journal_lines') }} as lines
    inner join expected using (document_key)
    where lines.account_number != expected.clearing_account_number
),

bank_transactions as (
    select
        expected.document_key as record_key,
        cast(row_number() over (partition by expected.document_key order by lines.line_number) as bigint) as line_number,
        expected.direction,
        expected.document_date,
        expected.platform as contact_name,
        expected.clearing_account_number as bank_account_number,
        expected.total_minor,
        lines.account_number,
        lines.line_description,
        cast(lines.line_amount_minor as bigint) as line_amount_minor,
        'NONE' as tax_code,
        cast(0 as bigint) as line_tax_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        coalesce(expected.title, 'Movement') || ' at ' || expected.platform || ' on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code || ' '
            || expected.direction || '; the books hold no such document' as reason,
        expected.movement_id as source_key
    from expected
    inner join lines using (document_key)
)

select * from bank_transactions
