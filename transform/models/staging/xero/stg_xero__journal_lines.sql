with

organisations as (
    select account_id, upper(base_currency) as base_currency_code from {{ source('raw_xero', 'organisations') }}
),

source as (
    select * from {{ source('raw_xero', 'journals') }}
),

opened as (
    select
        source.account_id, source.journal_id, source.journal_number, source.journal_date, source.source_id, source.source_type,
        source.created_date_utc, organisations.base_currency_code as currency_code,
        items.item_number as line_number, items.item as line
    from source
    left join organisations using (account_id)
    cross join {{ json_items('source.journal_lines') }}
),

renamed as (
    select
        account_id,
        journal_id as platform_journal_id,
        journal_number,
        cast(line_number as bigint) as line_number,
        journal_date,
        source_id as platform_document_id,
        source_type as platform_source_type,
        {{ json_text('line', 'AccountID') }} as platform_account_id,
        nullif(trim({{ json_text('line', 'AccountCode') }}), '') as account_number,
        {{ to_minor(json_text('line', 'NetAmount'), 'currency_code') }} as signed_minor,
        currency_code,
        {{ utc_timestamp('created_date_utc') }} as created_at
    from opened
)

select * from renamed
