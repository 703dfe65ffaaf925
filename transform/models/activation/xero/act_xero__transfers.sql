with

expected as (
    select * from {{ ref('fct_expected_deposits') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_deposits') }}
),

transfers as (
    select
        document_key as record_key,
        document_date,
        source_account_number as from_account_number,
        deposit_account_number as bank_account_number,
        total_minor,
        total_minor as money_minor,
        currency_code,
        'The bank received ' || {{ money_text('total_minor', 'currency_code') }} || ' ' || currency_code
            || ' on ' || cast(document_date as varchar) || ' (' || reference || ')'
            || '; the books hold no transfer for payout ' || platform_payout_id as reason,
        payout_id as source_key
    from expected
)

select * from transfers
