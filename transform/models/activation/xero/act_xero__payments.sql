with

-- A credit that is set against an invoice moves no money: that is no payment in Xero.
expected as (
    select * from {{ ref('fct_expected_payments') }}
    where held_back_reason is null and not is_in_books and settlement_type = 'received' and total_minor > 0
        and entity_id in {{ entities_with_books('xero') }}
),

settlements as (
    select settlement_key, tender_type, bank_value_date from {{ ref('fct_invoice_settlements') }}
),

booked_invoices as (
    select document_key from {{ ref('fct_expected_invoices') }} where is_in_books
),

-- A processor's money is in clearing the day it came; any other is at the bank the day the bank shows it, and waits till then.
payments as (
    select
        expected.document_key as record_key,
        case when settlements.tender_type = 'card' then expected.document_date else settlements.bank_value_date end as document_date,
        expected.payment_reference as invoice_number,
        case when settlements.tender_type = 'card' then accounts.clearing else accounts.bank end as bank_account_number,
        expected.total_minor,
        expected.total_minor as money_minor,
        expected.currency_code,
        'Received on ' || cast(expected.document_date as varchar) || ': '
            || {{ money_text('expected.total_minor', 'expected.currency_code') }} || ' ' || expected.currency_code
            || ' on invoice ' || expected.payment_reference || '; the books hold no such payment' as reason,
        expected.settlement_key as source_key,
        case when booked_invoices.document_key is null then expected.invoice_key end as invoice_key
    from expected
    inner join settlements using (settlement_key)
    inner join {{ ref('dim_posting_accounts') }} as accounts on expected.entity_id = accounts.entity_id
    left join booked_invoices on expected.invoice_key = booked_invoices.document_key
    where (settlements.tender_type = 'card' or settlements.bank_value_date is not null)
        and {{ in_open_month('expected', "case when settlements.tender_type = 'card' then expected.document_date else settlements.bank_value_date end") }}
)

select * from payments
