with

documents as (
    select * from {{ ref('stg_xero__documents') }}
    where not is_draft and document_type not in ('bill', 'supplier_credit', 'supplier_payment', 'transfer_leg')
),

lines as (
    select * from {{ ref('stg_xero__document_lines') }}
),

book_accounts as (
    select * from {{ ref('stg_xero__accounts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- Xero keeps one account for what customers owe and one for VAT, whatever their codes.
system_accounts as (
    select
        account_id,
        max(case when platform_system_account = 'DEBTORS' then platform_account_id end) as receivable_account_id,
        max(case when platform_system_account = 'GST' then platform_account_id end) as tax_account_id
    from book_accounts
    group by account_id
),

own_lines as (
    select
        account_id, platform_document_id, 1 as part, line_number as place, platform_account_id, signed_minor,
        platform_tax_code, item_name, description
    from lines
),

taxed as (
    select
        lines.account_id, lines.platform_document_id, 2 as part, lines.line_number as place, system_accounts.tax_account_id,
        lines.signed_tax_minor, lines.platform_tax_code, cast(null as varchar) as item_name, cast(null as varchar) as description
    from lines
    inner join system_accounts using (account_id)
    where lines.signed_tax_minor != 0
),

-- Where the money went, came from or is owed. Debit is positive.
sides as (
    select
        documents.account_id, documents.platform_document_id, documents.bank_account_id, documents.other_bank_account_id,
        system_accounts.receivable_account_id, documents.document_type, documents.total_minor,
        case when documents.platform_document_type in ('ACCRECCREDIT', 'SPEND', 'ARCREDITPAYMENT') then -1 else 1 end as debit_sign
    from documents
    inner join system_accounts using (account_id)
    where documents.document_type not in ('journal_entry', 'unmapped')
),

headers as (
    select
        account_id, platform_document_id, 3 as part, 1 as place,
        case when document_type in ('invoice', 'credit_memo') then receivable_account_id else bank_account_id end as platform_account_id,
        debit_sign * total_minor as signed_minor
    from sides
    union all
    select
        account_id, platform_document_id, 3, 2,
        case when document_type = 'payment' then receivable_account_id else other_bank_account_id end,
        -debit_sign * total_minor
    from sides
    where document_type in ('payment', 'deposit')
),

entries as (
    select * from own_lines
    union all
    select * from taxed
    union all
    select *, null, null, null from headers
),

numbered as (
    select
        entries.*, book_accounts.account_number, book_accounts.account_name,
        cast(row_number() over (
            partition by entries.account_id, entries.platform_document_id order by entries.part, entries.place
        ) as bigint) as line_number
    from entries
    left join book_accounts using (account_id, platform_account_id)
),

mapped as (
    select
        'xero:' || numbered.account_id || ':' || numbered.platform_document_id || ':' || numbered.line_number as book_line_id,
        'xero:' || numbered.account_id || ':' || numbered.platform_document_id as document_id,
        'xero' as platform,
        numbered.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        numbered.line_number,
        numbered.account_number,
        numbered.account_name,
        numbered.signed_minor,
        numbered.item_name,
        numbered.description,
        documents.currency_code,
        numbered.platform_tax_code
    from numbered
    inner join documents using (account_id, platform_document_id)
    left join accounts
        on accounts.platform = 'xero'
        and numbered.account_id = accounts.account_id
)

select * from mapped
