with

{% set tables = {
    'sales_receipts': 'sales_receipt',
    'invoices': 'invoice',
    'refund_receipts': 'refund_receipt',
    'credit_memos': 'credit_memo',
    'deposits': 'deposit',
    'journal_entries': 'journal_entry',
    'payments': 'payment',
} %}

source as (
    {%- for table, document_type in tables.items() %}
    select
        '{{ document_type }}' as document_type,
        account_id, id, doc_number, txn_date, total_amt, txn_tax_detail, deposit, cash_back, deposit_to_account_ref,
        ar_account_ref, customer_ref, private_note, sync_token, last_updated_time,
        upper({{ json_text('currency_ref', 'value') }}) as currency_code
    from {{ source('raw_quickbooks', table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

renamed as (
    select
        account_id,
        id as platform_document_id,
        document_type,
        nullif(trim(doc_number), '') as document_number,
        txn_date as document_date,
        currency_code,
        {{ to_minor('total_amt', 'currency_code') }} as total_minor,
        {{ to_minor("coalesce(" ~ json_text('txn_tax_detail', 'TotalTax') ~ ", '0')", 'currency_code') }} as tax_minor,
        {{ to_minor('coalesce(deposit, 0)', 'currency_code') }} as prepaid_minor,
        {{ to_minor("coalesce(" ~ json_text('cash_back', 'Amount') ~ ", '0')", 'currency_code') }} as cash_back_minor,
        {{ json_text('cash_back', 'AccountRef.value') }} as cash_back_account_id,
        {{ json_text('deposit_to_account_ref', 'value') }} as deposit_to_account_id,
        {{ json_text('ar_account_ref', 'value') }} as receivable_account_id,
        {{ json_text('customer_ref', 'value') }} as platform_customer_id,
        {{ json_text('customer_ref', 'name') }} as party_name,
        nullif(trim(private_note), '') as memo,
        sync_token,
        {{ utc_timestamp('last_updated_time') }} as updated_at
    from source
)

select * from renamed
