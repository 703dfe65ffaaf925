with

documents as (
    select * from {{ ref('stg_quickbooks__documents') }}
),

lines as (
    select * from {{ ref('stg_quickbooks__document_lines') }}
),

items as (
    select * from {{ ref('stg_quickbooks__items') }}
),

book_accounts as (
    select * from {{ ref('stg_quickbooks__accounts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- The sides QuickBooks keeps in the header: tax, and where the money went or is owed. Debit is positive.
signed as (
    select *, case when document_type in ('refund_receipt', 'credit_memo') then -1 else 1 end as debit_sign from documents
),

tax as (
    select account_id, platform_document_id, 2 as part, cast(null as varchar) as platform_account_id,
        'tax' as built_in_line, -debit_sign * tax_minor as signed_minor
    from signed
    where tax_minor != 0
),

deposited as (
    select account_id, platform_document_id, 3 as part, deposit_to_account_id, cast(null as varchar) as built_in_line,
        debit_sign * case when document_type = 'invoice' then prepaid_minor else total_minor end as signed_minor
    from signed
    where document_type in ('sales_receipt', 'refund_receipt', 'deposit', 'payment')
        or (document_type = 'invoice' and prepaid_minor != 0)
),

receivable as (
    select account_id, platform_document_id, 4 as part, receivable_account_id, 'receivable' as built_in_line,
        case when document_type = 'payment' then -total_minor else debit_sign * (total_minor - prepaid_minor) end as signed_minor
    from signed
    where document_type in ('invoice', 'credit_memo', 'payment')
),

cash_back as (
    select account_id, platform_document_id, 5 as part, cash_back_account_id, cast(null as varchar) as built_in_line,
        cash_back_minor as signed_minor
    from signed
    where document_type = 'deposit' and cash_back_minor != 0
),

own_lines as (
    select
        lines.account_id, lines.platform_document_id, 1 as part,
        coalesce(lines.platform_account_id, items.income_account_id, payments.deposit_to_account_id) as platform_account_id,
        lines.built_in_line, lines.signed_minor,
        lines.line_number * 1000 + lines.part_number as place, lines.item_name, lines.description
    from lines
    left join items using (account_id, platform_item_id)
    left join documents as payments
        on payments.document_type = 'payment'
        and lines.account_id = payments.account_id
        and lines.platform_payment_id = payments.platform_document_id
),

entries as (
    select * from own_lines
    {%- for side in ['tax', 'deposited', 'receivable', 'cash_back'] %}
    union all
    select {{ side }}.*, 0, null, null from {{ side }}
    {%- endfor %}
),

-- Where QuickBooks names no account, what it built in stands on the account that the entity's posting rules name for it.
defaulted as (
    select
        entries.*, coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        case entries.built_in_line
            when 'tax' then posting_accounts.tax when 'receivable' then posting_accounts.receivable
            when 'discount' then posting_accounts.discount when 'shipping' then posting_accounts.sale_shipping
        end as default_account_number
    from entries
    left join accounts
        on accounts.platform = 'quickbooks'
        and entries.account_id = accounts.account_id
    left join {{ ref('dim_posting_accounts') }} as posting_accounts
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = posting_accounts.entity_id
),

-- One name per number: an inactive account may keep the number of the one that replaced it.
named as (
    select account_id, account_number as default_account_number, min(account_name) as account_name
    from book_accounts
    where is_active
    group by account_id, account_number
),

numbered as (
    select
        defaulted.*,
        coalesce(book_accounts.account_number, defaulted.default_account_number) as account_number,
        coalesce(book_accounts.account_name, named.account_name) as account_name,
        cast(row_number() over (
            partition by defaulted.account_id, defaulted.platform_document_id order by defaulted.part, defaulted.place
        ) as bigint) as line_number
    from defaulted
    left join book_accounts using (account_id, platform_account_id)
    left join named using (account_id, default_account_number)
),

mapped as (
    select
        'quickbooks:' || numbered.account_id || ':' || numbered.platform_document_id || ':' || numbered.line_number as book_line_id,
        'quickbooks:' || numbered.account_id || ':' || numbered.platform_document_id as document_id,
        'quickbooks' as platform,
        numbered.account_id,
        numbered.entity_id,
        numbered.line_number,
        numbered.account_number,
        numbered.account_name,
        numbered.signed_minor,
        numbered.item_name,
        numbered.description,
        documents.currency_code,
        cast(null as varchar) as platform_tax_code
    from numbered
    inner join documents using (account_id, platform_document_id)
)

select * from mapped
