with

expected as (
    select * from {{ ref('fct_expected_deposits') }}
    where held_back_reason is null and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_deposits') }}
),

-- What the processor takes from the bank is an entry of the ledger, and here a transfer the other way.
taken as (
    select * from {{ ref('fct_expected_bank_transactions') }}
    where held_back_reason = 'between_bank_accounts' and direction = 'received' and not is_in_books
        and entity_id in {{ entities_with_books('xero') }}
        and {{ in_open_month('fct_expected_bank_transactions') }}
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
    union all
    select
        taken.document_key,
        taken.document_date,
        taken.bank_account_number,
        taken.clearing_account_number,
        taken.total_minor,
        taken.total_minor,
        taken.currency_code,
        'The processor took ' || {{ money_text('taken.total_minor', 'taken.currency_code') }} || ' ' || taken.currency_code
            || ' from the bank on ' || cast(taken.document_date as varchar) || '; the books hold no transfer for it',
        movements.payout_id
    from taken
    inner join {{ ref('can_processor_movements') }} as movements on taken.movement_id = movements.movement_id
)

select * from transfers
