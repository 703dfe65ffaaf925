with

-- A payment in advance is a receipt under the key its charge would have alone.
advances as (
    select document_key from {{ ref('fct_expected_advances') }}
),

documents as (
    select *, regexp_extract(memo, '^(je:.+):([0-9]+)$', 1) as event_id, regexp_extract(memo, '^(je:.+):([0-9]+)$', 2) as revision_text
    from {{ ref('can_book_documents') }}
    where not is_deleted and memo like 'je:%'
        -- Books that take no journals hold such an entry as a document of another kind.
        and (document_type = 'journal_entry' or {{ is_ledger_document("regexp_extract(memo, '^(je:.+):([0-9]+)$', 1)") }})
        and memo not in (select document_key from advances)
        -- Entries of a month's end are no events: the next month's first day turns them back, nothing revises them.
        and memo not like 'je:' || entity_id || ':journal:%'
),

-- Two documents of one revision are a doubled document (BKS-02), not two revisions: the first stands for both.
numbered as (
    select
        document_id, entity_id, event_id, cast(revision_text as bigint) as revision, document_date, currency_code,
        row_number() over (partition by event_id, revision_text order by document_date, document_id) as nth
    from documents
    where event_id != ''
),

contents as (
    select document_id, account_number, {{ sum_minor('signed_minor') }} as signed_minor
    from {{ ref('can_book_lines') }}
    group by document_id, account_number
),

digested as (
    select
        numbered.event_id, numbered.revision, numbered.entity_id, numbered.document_id, numbered.document_date, numbered.currency_code,
        {{ sorted_list("coalesce(contents.account_number, '?') || ' ' || cast(contents.signed_minor as varchar)", 'contents.account_number') }} as content,
        row_number() over (partition by numbered.event_id order by numbered.revision desc) as from_newest
    from numbered
    inner join contents using (document_id)
    where numbered.nth = 1 and contents.signed_minor != 0
    group by numbered.event_id, numbered.revision, numbered.entity_id, numbered.document_id, numbered.document_date, numbered.currency_code
)

select event_id, revision, entity_id, document_id, document_date, currency_code, content, from_newest = 1 as is_newest
from digested
