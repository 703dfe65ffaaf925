with expected as (
    select * from {{ ref('fct_expected_deposits') }} where held_back_reason is null and not is_in_books
        and {{ in_open_month('fct_expected_deposits') }}
        and entity_id in {{ entities_with_books('quickbooks') }}
),

deposits as (
    select
        document_key as record_key,
        cast(1 as bigint) as line_number,
        document_number,
        document_date,
        document_key as memo,
        deposit_account_number,
        total_minor,
        source_account_number as account_number,
        'Payout ' || platform_payout_id || ' from ' || platform as line_description,
        total_minor as line_amount_minor,
        total_minor as money_minor,
        currency_code,
        'The bank received ' || {{ money_text('total_minor', 'currency_code') }} || ' ' || currency_code
            || ' on ' || cast(document_date as varchar) || ' (' || reference || ')'
            || '; the books hold no deposit for payout ' || platform_payout_id as reason,
        payout_id as source_key
    from expected
)

select * from deposits
