{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-13', 'severity': 'blocks'}) }}
-- I-13: a document we wrote is, account by account, what the books accepted; one that is not, stands on another day, or is a copy has
-- exactly one row in fct_book_edits, which says what was accepted, what stands there now and by how much revenue changed.
-- A failure means that an edit passes unnoticed or is told with other cents. An edit itself is no failure.
with

documents as (
    select distinct documents.document_id, documents.memo, documents.platform_document_id, documents.is_deleted, documents.document_date,
        written.platform_document_id as written_document_id, written.document_date as written_date
    from {{ ref('can_book_documents') }} as documents
    inner join {{ ref('fct_written_postings') }} as written on documents.memo = written.document_key
    where documents.platform in ('quickbooks', 'xero') and documents.document_id in (select document_id from {{ ref('can_book_lines') }})
),

sides as (
    select documents.document_id, lines.account_number, lines.signed_minor as held_minor, 0 as written_minor
    from documents
    inner join {{ ref('can_book_lines') }} as lines using (document_id)
    union all
    select documents.document_id, written.account_number, 0, written.signed_minor
    from documents
    inner join {{ ref('fct_written_postings') }} as written on documents.memo = written.document_key
),

accounts as (
    select document_id, account_number, sum(held_minor) as held_minor, sum(written_minor) as written_minor
    from sides
    group by document_id, account_number
),

sums as (
    select
        accounts.document_id,
        sum(case when held_minor > 0 then held_minor else 0 end) as held_debit_minor,
        sum(case when written_minor > 0 then written_minor else 0 end) as written_debit_minor,
        sum(case when held_minor > written_minor then held_minor - written_minor else 0 end) as moved_minor,
        sum(case when chart.account_type in ('income', 'contra_income') then written_minor - held_minor else 0 end) as revenue_minor
    from accounts
    left join {{ ref('chart_of_accounts') }} as chart on accounts.account_number = cast(chart.account_number as varchar)
    group by accounts.document_id
),

standing as (
    select memo from documents where not is_deleted
),

expected as (
    select
        documents.*, sums.held_debit_minor, sums.written_debit_minor, sums.moved_minor, sums.revenue_minor,
        case
            when documents.is_deleted then documents.platform_document_id = documents.written_document_id and documents.memo not in (select memo from standing)
            else documents.platform_document_id is distinct from documents.written_document_id or sums.moved_minor != 0
                or documents.document_date != documents.written_date
                or (sums.held_debit_minor = 0 and sums.written_debit_minor > 0)
        end as is_edited
    from documents
    inner join sums using (document_id)
),

found as (
    select document_id, count(*) as times from {{ ref('fct_book_edits') }} group by document_id
)

select coalesce(expected.document_id, found.document_id) as document_id, found.times
from expected
full outer join found using (document_id)
where coalesce(found.times, 0) != case when expected.is_edited then 1 else 0 end
union all
select edits.document_id, null
from {{ ref('fct_book_edits') }} as edits
inner join expected using (document_id)
where edits.written_minor != expected.written_debit_minor
    or edits.document_key != expected.memo
    or edits.written_date is distinct from expected.written_date
    or edits.booked_minor != case when expected.is_deleted then 0 else expected.held_debit_minor end
    or (edits.reason_code in ('BKS-03', 'BKS-04') and (edits.amount_minor != expected.moved_minor or edits.revenue_change_minor != expected.revenue_minor))
