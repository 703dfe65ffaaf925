with

source as (
    select
        account_id, credit_note_id, upper(currency_code) as currency_code, allocations, cast(remaining_credit as varchar) as remaining_credit,
        {{ epoch_timestamp('cast(_dlt_load_id as decimal(20, 6))') }} as loaded_at
    from {{ source('raw_xero', 'credit_notes') }}
    where type = 'ACCRECCREDIT'
),

opened as (
    select
        source.account_id, source.credit_note_id, source.currency_code, source.loaded_at,
        {{ json_text('items.item', 'AllocationID') }} as platform_allocation_id,
        {{ json_text('items.item', 'Invoice.InvoiceNumber') }} as invoice_number,
        {{ json_text('items.item', 'Amount') }} as amount,
        coalesce({{ json_text('items.item', 'IsDeleted') }}, 'false') as is_deleted
    from source
    cross join {{ json_items('source.allocations') }}
),

parts as (
    select account_id, credit_note_id, platform_allocation_id, 'allocated' as credit_part, invoice_number, amount, currency_code, loaded_at
    from opened
    where is_deleted != 'true'
    union all
    select account_id, credit_note_id, 'left', 'left', null, coalesce(remaining_credit, '0'), currency_code, loaded_at
    from source
)

select
    account_id, credit_note_id as platform_document_id, platform_allocation_id, credit_part, invoice_number,
    {{ to_minor('amount', 'currency_code') }} as amount_minor, currency_code, loaded_at
from parts
