{{ config(meta={'spares': 'goods'}) }}
-- A row here is a document whose postings, as we read them from the document, are not what Xero's own journal holds for
-- it, account by account: we mapped a kind of document or tax wrongly. It says nothing about what should be booked.
-- Documents in another currency than the organisation's are left out: the journal is in base currency.
with

documents as (
    select
        documents.account_id, documents.platform_document_id,
        book_lines.account_number,
        case when documents.is_deleted then 0 else book_lines.signed_minor end as signed_minor
    from {{ ref('stg_xero__documents') }} as documents
    inner join {{ ref('stg_xero__organisations') }} as organisations using (account_id)
    inner join {{ ref('can_book_lines__xero') }} as book_lines
        on book_lines.document_id = 'xero:' || documents.account_id || ':' || documents.platform_document_id
    where documents.currency_code = organisations.base_currency_code
),

read as (
    select account_id, platform_document_id, account_number, {{ sum_minor('signed_minor') }} as document_minor
    from documents
    group by account_id, platform_document_id, account_number
),

posted as (
    select account_id, platform_document_id, account_number, {{ sum_minor('signed_minor') }} as journal_minor
    from {{ ref('stg_xero__journal_lines') }}
    group by account_id, platform_document_id, account_number
)

select
    read.account_id, read.platform_document_id, read.account_number,
    read.document_minor, coalesce(posted.journal_minor, 0) as journal_minor
from read
left join posted
    on read.account_id = posted.account_id
    and read.platform_document_id = posted.platform_document_id
    and coalesce(read.account_number, '') = coalesce(posted.account_number, '')
where read.document_minor != coalesce(posted.journal_minor, 0)
