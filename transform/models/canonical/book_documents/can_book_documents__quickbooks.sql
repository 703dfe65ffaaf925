with

documents as (
    select * from {{ ref('stg_quickbooks__documents') }}
),

lines as (
    select * from {{ ref('stg_quickbooks__document_lines') }}
),

deletions as (
    select * from {{ ref('stg_quickbooks__deletions') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

-- QuickBooks often leaves a journal entry's total out; its debits are its total.
debits as (
    select account_id, document_type, platform_document_id, {{ sum_minor('amount_minor') }} as debit_minor
    from lines
    where posting_type = 'Debit'
    group by account_id, document_type, platform_document_id
),

mapped as (
    select
        'quickbooks:' || documents.account_id || ':' || documents.platform_document_id as document_id,
        'quickbooks' as platform,
        documents.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        documents.platform_document_id,
        documents.document_type,
        documents.document_number,
        documents.document_date,
        documents.currency_code,
        case
            when documents.document_type = 'journal_entry' then coalesce(debits.debit_minor, documents.total_minor)
            else documents.total_minor
        end as total_minor,
        documents.party_name,
        documents.memo,
        documents.sync_token,
        documents.updated_at,
        deletions.platform_record_id is not null as is_deleted
    from documents
    left join debits using (account_id, document_type, platform_document_id)
    left join deletions
        on documents.account_id = deletions.account_id
        and documents.document_type = deletions.record_type
        and documents.platform_document_id = deletions.platform_record_id
    left join accounts
        on accounts.platform = 'quickbooks'
        and documents.account_id = accounts.account_id
)

select * from mapped
