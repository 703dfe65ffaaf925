with

documents as (
    select * from {{ ref('stg_xero__documents') }}
    where not is_draft and document_type not in ('bill', 'supplier_credit', 'supplier_payment', 'transfer_leg')
),

lines as (
    select * from {{ ref('stg_xero__document_lines') }}
),

revenue_accounts as (
    select account_number from {{ ref('chart_of_accounts') }} where account_type in ('income', 'contra_income')
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- A manual journal has no total; its debits are its total. Money spent against revenue is money given back.
summed as (
    select
        lines.account_id, lines.platform_document_id,
        {{ sum_minor('case when lines.signed_minor + lines.signed_tax_minor > 0 then lines.signed_minor + lines.signed_tax_minor else 0 end') }} as debit_minor,
        count(revenue_accounts.account_number) > 0 as has_revenue
    from lines
    left join revenue_accounts using (account_number)
    group by lines.account_id, lines.platform_document_id
),

mapped as (
    select
        'xero:' || documents.account_id || ':' || documents.platform_document_id as document_id,
        'xero' as platform,
        documents.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        documents.platform_document_id,
        case
            when documents.document_type = 'expense' and summed.has_revenue then 'refund_receipt'
            else documents.document_type
        end as document_type,
        -- Money received or spent has no number of its own; people write the order's into the reference.
        coalesce(
            documents.document_number,
            case when documents.document_type in ('sales_receipt', 'expense') and documents.document_key is null then documents.reference end
        ) as document_number,
        documents.document_date,
        documents.currency_code,
        coalesce(documents.total_minor, summed.debit_minor) as total_minor,
        documents.party_name,
        coalesce(documents.document_key, documents.reference) as memo,
        cast(documents.updated_at as varchar) as sync_token,
        documents.updated_at,
        documents.is_deleted
    from documents
    left join summed using (account_id, platform_document_id)
    left join accounts
        on accounts.platform = 'xero'
        and documents.account_id = accounts.account_id
)

select * from mapped
