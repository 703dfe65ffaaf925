-- What stands behind each amount is the delivery the books accepted, field by field, not what would be expected today.
with

accepted as (
    select delivery_id, sync, record_key, field_name, after_value
    from {{ ref('fct_plan_changes') }}
    where delivery_status = 'accepted' and destination in ('quickbooks', 'xero') and record_key like 'je:%'
),

newest as (
    select record_key, delivery_id, destination_record_id, row_number() over (partition by record_key order by status_changed_at desc, delivery_id desc) as nth
    from {{ ref('fct_deliveries') }}
    where delivery_status = 'accepted' and destination in ('quickbooks', 'xero')
),

fields as (
    select accepted.*, newest.destination_record_id
    from accepted
    inner join newest
        on accepted.delivery_id = newest.delivery_id
        and newest.nth = 1
),

headers as (
    select
        record_key, max(sync) as sync, max(destination_record_id) as platform_document_id,
        max(case when field_name = 'document_date' then cast(after_value as date) end) as document_date,
        max(case when field_name = 'total_minor' then cast(after_value as bigint) end) as total_minor,
        max(case when field_name = 'direction' then after_value end) as direction,
        max(case when field_name in ('bank_account_number', 'deposit_account_number') then after_value end) as bank_account_number,
        max(case when field_name = 'from_account_number' then after_value end) as from_account_number
    from fields
    group by record_key
),

-- Which way the document's own account moves: a receivable or the bank rises with a sale, and falls with what is given back.
signed as (
    select
        headers.*, accounts.receivable as receivable_account_number, accounts.tax as tax_account_number,
        case
            when sync in ('xero__credit_notes', 'xero__refunds', 'quickbooks__credit_notes', 'quickbooks__credit_memos')
                or direction = 'spent' then -1 else 1
        end as debit_sign,
        case
            when sync in ('xero__invoices', 'xero__credit_notes', 'quickbooks__invoices', 'quickbooks__credit_notes') then accounts.receivable
            else bank_account_number
        end as own_account_number
    from headers
    -- An entry's key names its entity.
    inner join {{ ref('dim_posting_accounts') }} as accounts on split_part(headers.record_key, ':', 2) = accounts.entity_id
),

lines as (
    select
        record_key, split_part(field_name, ':', 1) as line_name,
        max(case when field_name like '%: account_number' then after_value end) as account_number,
        max(case when field_name like '%: side' then after_value end) as side,
        max(case when field_name like '%: line_amount_minor' then cast(after_value as bigint) end) as line_amount_minor,
        max(case when field_name like '%: line_tax_minor' then cast(after_value as bigint) end) as line_tax_minor
    from fields
    where field_name like 'line %'
    group by record_key, split_part(field_name, ':', 1)
),

entries as (
    -- A journal entry has no account of its own: all of it stands in its lines.
    select record_key, own_account_number as account_number, debit_sign * total_minor as signed_minor
    from signed
    where own_account_number is not null
    union all
    select signed.record_key, case when signed.sync = 'xero__transfers' then signed.from_account_number else signed.receivable_account_number end, -signed.total_minor
    from signed
    where signed.sync in ('xero__payments', 'xero__transfers', 'quickbooks__payments')
    union all
    select lines.record_key, lines.account_number,
        case lines.side
            when 'debit' then lines.line_amount_minor when 'credit' then -lines.line_amount_minor
            else -signed.debit_sign * lines.line_amount_minor
        end
    from lines
    inner join signed using (record_key)
    -- A payment's lines name what they settle, and post nothing.
    where lines.account_number is not null
    union all
    select lines.record_key, signed.tax_account_number, -signed.debit_sign * lines.line_tax_minor
    from lines
    inner join signed using (record_key)
    where lines.line_tax_minor != 0
)

select
    entries.record_key as document_key, entries.account_number, signed.sync, signed.platform_document_id, signed.document_date,
    {{ sum_minor('entries.signed_minor') }} as signed_minor
from entries
inner join signed using (record_key)
group by entries.record_key, entries.account_number, signed.sync, signed.platform_document_id, signed.document_date
