with

{% set tables = {
    'sales_receipts': 'sales_receipt',
    'invoices': 'invoice',
    'refund_receipts': 'refund_receipt',
    'credit_memos': 'credit_memo',
    'deposits': 'deposit',
    'journal_entries': 'journal_entry',
} %}

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

listed as (
    select
        source.document_type,
        source.account_id,
        source.platform_document_id,
        source.currency_code,
        items.item_number as line_number,
        0 as part_number,
        items.item as line
    from source
    cross join {{ json_items('source.line') }}
),

-- A bundle's amount is the sum of the lines inside it; those post, the bundle does not.
bundled as (
    select
        listed.document_type,
        listed.account_id,
        listed.platform_document_id,
        listed.currency_code,
        listed.line_number,
        items.item_number as part_number,
        items.item as line
    from listed
    cross join {{ json_items(json_value('listed.line', 'GroupLineDetail.Line')) }}
),

opened as (
    select * from listed
    union all
    select * from bundled
),

read as (
    select
        account_id,
        document_type,
        platform_document_id,
        cast(line_number as bigint) as line_number,
        cast(part_number as bigint) as part_number,
        {{ json_text('line', 'DetailType') }} as line_type,
        currency_code,
        {{ to_minor("coalesce(" ~ json_text('line', 'Amount') ~ ", '0')", 'currency_code') }} as amount_minor,
        {{ json_text('line', 'JournalEntryLineDetail.PostingType') }} as posting_type,
        coalesce(
            {{ json_text('line', 'SalesItemLineDetail.ItemAccountRef.value') }},
            {{ json_text('line', 'DiscountLineDetail.DiscountAccountRef.value') }},
            {{ json_text('line', 'DepositLineDetail.AccountRef.value') }},
            {{ json_text('line', 'JournalEntryLineDetail.AccountRef.value') }}
        ) as platform_account_id,
        {{ json_text('line', 'SalesItemLineDetail.ItemRef.value') }} as platform_item_id,
        {{ json_text('line', 'SalesItemLineDetail.ItemRef.name') }} as item_name,
        nullif(trim({{ json_text('line', 'Description') }}), '') as description,
        -- A deposit's line that banks a payment says nothing else: its account is the one the payment went to.
        case when {{ json_text('line', 'LinkedTxn[0].TxnType') }} = 'Payment' then {{ json_text('line', 'LinkedTxn[0].TxnId') }} end
            as platform_payment_id
    from opened
    -- Subtotals, bundles and bare descriptions repeat an amount or carry none.
    where coalesce({{ json_text('line', 'DetailType') }}, 'DepositLineDetail') not in ('SubTotalLineDetail', 'GroupLineDetail', 'DescriptionOnly')
),

signed as (
    select
        *,
        -- A sale's lines stand in credit, a refund's in debit; a discount line the other way round, amount positive.
        case
            when posting_type = 'Debit' then amount_minor
            when posting_type = 'Credit' then -amount_minor
            when (document_type in ('refund_receipt', 'credit_memo')) != (line_type = 'DiscountLineDetail') then amount_minor
            else -amount_minor
        end as signed_minor,
        -- Where QuickBooks names neither account nor item: its built-in discount and shipping lines.
        case
            when line_type = 'DiscountLineDetail' then 'discount'
            when platform_item_id = 'SHIPPING_ITEM_ID' then 'shipping'
        end as built_in_line
    from read
)

select * from signed
