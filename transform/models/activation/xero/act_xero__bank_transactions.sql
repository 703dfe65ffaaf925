with

expected as (
    select * from {{ ref('fct_expected_bank_transactions') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
),

-- Positive is the way the money goes: out when it is spent, in when it is received.
lines as (
    select
        document_key, 1 as line_number, account_number, replace(movement_type, '_', ' ') as line_description,
        case when direction = 'spent' then -amount_minor else amount_minor end as line_amount_minor
    from expected
    where amount_minor != 0
    union all
    select
        document_key, 2, fee_account_number, 'Fee of ' || replace(movement_type, '_', ' '),
        case when direction = 'spent' then fee_minor else -fee_minor end
    from expected
    where fee_minor != 0
),

bank_transactions as (
    select
        expected.document_key as record_key,
        cast(lines.line_number as bigint) as line_number,
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
        upper(substr(replace(expected.movement_type, '_', ' '), 1, 1)) || substr(replace(expected.movement_type, '_', ' '), 2)
            || ' at ' || expected.platform || ' on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code || ' '
            || expected.direction || '; the books hold no such document' as reason,
        expected.movement_id as source_key
    from expected
    inner join lines using (document_key)
)

select * from bank_transactions
