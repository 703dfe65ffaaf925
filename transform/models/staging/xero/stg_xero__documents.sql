with

{% set tables = {
    'invoices': ('invoice_id', 'invoice_number', 'reference', 'total', 'total_tax', 'currency_code', 'type', 'due_date', json_text('contact', 'Name'), 'null'),
    'credit_notes': ('credit_note_id', 'credit_note_number', 'reference', 'total', 'total_tax', 'currency_code', 'type', 'null', json_text('contact', 'Name'), 'null'),
    'bank_transactions': ('bank_transaction_id', 'null', 'reference', 'total', 'total_tax', 'currency_code', 'type', 'null', json_text('contact', 'Name'), json_text('bank_account', 'AccountID')),
    'manual_journals': ('manual_journal_id', 'null', 'narration', 'null', 'null', 'null', "'JOURNAL'", 'null', 'null', 'null'),
} %}

organisations as (
    select account_id, upper(base_currency) as base_currency_code from {{ source('raw_xero', 'organisations') }}
),

source as (
    {%- for table, (id, number, reference, total, tax, currency, type, due, party, bank) in tables.items() %}
    select
        account_id, {{ id }} as platform_document_id, {{ type }} as platform_document_type, status as platform_document_status,
        cast({{ number }} as varchar) as document_number, date as document_date, cast({{ due }} as date) as due_date,
        upper(cast({{ currency }} as varchar)) as currency_code, {{ total }} as total, {{ tax }} as tax,
        cast({{ party }} as varchar) as party_name, {{ reference }} as reference,
        cast({{ bank }} as varchar) as bank_account_id, cast(null as varchar) as other_bank_account_id, updated_date_utc
    from {{ source('raw_xero', table) }}
    union all
    {%- endfor %}
    select
        account_id, payment_id, payment_type, status, null, date, null,
        upper(coalesce({{ json_text('invoice', 'CurrencyCode') }}, {{ json_text('credit_note', 'CurrencyCode') }})), amount, null,
        coalesce({{ json_text('invoice', 'Contact.Name') }}, {{ json_text('credit_note', 'Contact.Name') }}), reference,
        {{ json_text('account', 'AccountID') }}, null, updated_date_utc
    from {{ source('raw_xero', 'payments') }}
    union all
    select
        account_id, bank_transfer_id, 'TRANSFER', coalesce(status, 'AUTHORISED'), null, date, null, null, amount, null, null, reference,
        {{ json_text('to_bank_account', 'AccountID') }}, {{ json_text('from_bank_account', 'AccountID') }},
        coalesce(updated_date_utc, created_date_utc)
    from {{ source('raw_xero', 'bank_transfers') }}
),

-- Transfers and manual journals name no currency: they are in the organisation's own.
in_currency as (
    select source.*, coalesce(source.currency_code, organisations.base_currency_code) as document_currency_code
    from source
    left join organisations using (account_id)
),

renamed as (
    select
        account_id, platform_document_id, platform_document_type, platform_document_status,
        case platform_document_type
            when 'ACCREC' then 'invoice'
            when 'ACCRECCREDIT' then 'credit_memo'
            when 'RECEIVE' then 'sales_receipt'
            when 'SPEND' then 'expense'
            when 'ACCRECPAYMENT' then 'payment'
            when 'ARCREDITPAYMENT' then 'payment'
            when 'TRANSFER' then 'deposit'
            when 'JOURNAL' then 'journal_entry'
            when 'ACCPAY' then 'bill'
            when 'ACCPAYCREDIT' then 'supplier_credit'
            when 'ACCPAYPAYMENT' then 'supplier_payment'
            when 'APCREDITPAYMENT' then 'supplier_payment'
            -- The two legs of a transfer, which is a document of its own.
            when 'RECEIVE-TRANSFER' then 'transfer_leg'
            when 'SPEND-TRANSFER' then 'transfer_leg'
            else 'unmapped'
        end as document_type,
        nullif(trim(document_number), '') as document_number, document_date, due_date,
        document_currency_code as currency_code,
        {{ to_minor('total', 'document_currency_code') }} as total_minor,
        {{ to_minor('coalesce(tax, 0)', 'document_currency_code') }} as tax_minor,
        party_name, nullif(trim(reference), '') as reference,
        -- Our key is the last thing in a reference; what a customer wants to read (a purchase order) stands before it.
        case when position('je:' in reference) > 0 then trim(substr(reference, position('je:' in reference))) end as document_key,
        bank_account_id, other_bank_account_id,
        platform_document_status in ('DELETED', 'VOIDED') as is_deleted,
        platform_document_status in ('DRAFT', 'SUBMITTED') as is_draft,
        {{ utc_timestamp('updated_date_utc') }} as updated_at
    from in_currency
)

select * from renamed
