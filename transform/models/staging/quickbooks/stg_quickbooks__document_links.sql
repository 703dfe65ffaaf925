with

{% set tables = {'payments': 'payment', 'deposits': 'deposit'} %}

source as (
    {%- for table, document_type in tables.items() %}
    select
        '{{ document_type }}' as document_type,
        account_id,
        id as platform_document_id,
        upper({{ json_text('currency_ref', 'value') }}) as currency_code,
        line
    from {{ source('raw_quickbooks', table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

opened as (
    select
        source.document_type, source.account_id, source.platform_document_id, source.currency_code,
        items.item_number as line_number, items.item as line
    from source
    cross join {{ json_items('source.line') }}
),

linked as (
    select
        opened.document_type,
        opened.account_id,
        opened.platform_document_id,
        opened.currency_code,
        opened.line_number,
        items.item_number as link_number,
        items.item as link,
        {{ to_minor("coalesce(" ~ json_text('opened.line', 'Amount') ~ ", '0')", 'opened.currency_code') }} as amount_minor
    from opened
    cross join {{ json_items(json_value('opened.line', 'LinkedTxn')) }}
),

renamed as (
    select
        account_id,
        document_type,
        platform_document_id,
        cast(line_number as bigint) as line_number,
        cast(link_number as bigint) as link_number,
        {{ json_text('link', 'TxnId') }} as platform_linked_id,
        case {{ json_text('link', 'TxnType') }}
            when 'Invoice' then 'invoice'
            when 'CreditMemo' then 'credit_memo'
            when 'Payment' then 'payment'
            when 'SalesReceipt' then 'sales_receipt'
            when 'RefundReceipt' then 'refund_receipt'
            when 'JournalEntry' then 'journal_entry'
            when 'Deposit' then 'deposit'
            else 'other'
        end as linked_type,
        currency_code,
        amount_minor
    from linked
)

select * from renamed
