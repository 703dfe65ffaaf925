with

{% set tables = {
    'invoices': ('invoice_id', 'type', 'upper(currency_code)', 'line_items'),
    'credit_notes': ('credit_note_id', 'type', 'upper(currency_code)', 'line_items'),
    'bank_transactions': ('bank_transaction_id', 'type', 'upper(currency_code)', 'line_items'),
    'manual_journals': ('manual_journal_id', "'JOURNAL'", 'cast(null as varchar)', 'journal_lines'),
} %}

organisations as (
    select account_id, upper(base_currency) as base_currency_code from {{ source('raw_xero', 'organisations') }}
),

source as (
    {%- for table, (id, type, currency, lines) in tables.items() %}
    select
        account_id, {{ id }} as platform_document_id, {{ type }} as platform_document_type,
        {{ currency }} as said_currency_code, line_amount_types, {{ lines }} as lines
    from {{ source('raw_xero', table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

opened as (
    select
        source.account_id, source.platform_document_id, source.platform_document_type, source.line_amount_types,
        coalesce(source.said_currency_code, organisations.base_currency_code) as currency_code,
        items.item_number as line_number, items.item as line
    from source
    left join organisations using (account_id)
    cross join {{ json_items('source.lines') }}
),

read as (
    select
        account_id, platform_document_id, platform_document_type,
        cast(line_number as bigint) as line_number, currency_code, line_amount_types,
        {{ to_minor("coalesce(" ~ json_text('line', 'LineAmount') ~ ", '0')", 'currency_code') }} as amount_minor,
        {{ to_minor("coalesce(" ~ json_text('line', 'TaxAmount') ~ ", '0')", 'currency_code') }} as tax_minor,
        {{ json_text('line', 'AccountID') }} as platform_account_id,
        nullif(trim({{ json_text('line', 'AccountCode') }}), '') as account_number,
        {{ json_text('line', 'TaxType') }} as platform_tax_code,
        nullif(trim({{ json_text('line', 'ItemCode') }}), '') as item_name,
        nullif(trim({{ json_text('line', 'Description') }}), '') as description
    from opened
),

signed as (
    select
        *,
        -- Inclusive lines hold their tax; what posts to the line's account is the rest.
        (case when line_amount_types = 'Inclusive' then amount_minor - tax_minor else amount_minor end)
            * (case when platform_document_type in ('ACCREC', 'RECEIVE') then -1 else 1 end) as signed_minor,
        (case when line_amount_types = 'NoTax' then 0 else tax_minor end)
            * (case when platform_document_type in ('ACCREC', 'RECEIVE') then -1 else 1 end) as signed_tax_minor
    from read
)

select * from signed
