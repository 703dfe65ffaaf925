{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: what the books hold under the key of an event, newest revision, and its corrections make the entry the event has now, account by
-- account; an entry that is right has no correction, and none is dated in a closed month. Books that take no journals hold it as another document.
-- A failure means that posting the corrections would leave the books wrong. It does not mean that somebody edited them.
with

documents as (
    select document_id, entity_id, document_date, regexp_extract(memo, '^(je:.+):([0-9]+)$', 1) as event_id,
        cast(nullif(regexp_extract(memo, '^(je:.+):([0-9]+)$', 2), '') as bigint) as revision
    from {{ ref('can_book_documents') }}
    where not is_deleted and memo like 'je:%'
        and (document_type = 'journal_entry' or {{ is_ledger_document("regexp_extract(memo, '^(je:.+):([0-9]+)$', 1)") }})
        and memo not in (select document_key from {{ ref('fct_expected_advances') }})
        and memo not like 'je:' || entity_id || ':journal:%'
        and document_id in (select document_id from {{ ref('can_book_lines') }} group by document_id having max(abs(signed_minor)) > 0)
),

newest as (
    select documents.event_id, documents.revision, documents.entity_id, min(documents.document_date) as document_date
    from documents
    where documents.event_id != '' and documents.revision = (select max(others.revision) from documents as others where others.event_id = documents.event_id)
    group by documents.event_id, documents.revision, documents.entity_id
),

-- Of two documents of one revision the first counts; the other is a copy.
chosen as (
    select newest.*, (
        select min(documents.document_id) from documents
        where documents.event_id = newest.event_id and documents.revision = newest.revision and documents.document_date = newest.document_date
    ) as document_id
    from newest
),

sides as (
    select chosen.event_id, lines.account_number, lines.signed_minor as held_minor, 0 as corrected_minor, 0 as wanted_minor
    from chosen
    inner join {{ ref('can_book_lines') }} as lines using (document_id)
    union all
    select event_id, account_number, 0, signed_minor, 0 from {{ ref('fct_journal_revisions') }}
    union all
    select event_id, account_number, 0, 0, signed_minor
    from {{ ref('fct_rated_postings') }}
    where event_id in (select event_id from chosen)
),

compared as (
    select event_id, account_number, sum(held_minor) as held_minor, sum(corrected_minor) as corrected_minor, sum(wanted_minor) as wanted_minor
    from sides
    group by event_id, account_number
),

right_already as (
    select compared.event_id
    from compared
    inner join chosen using (event_id)
    inner join {{ ref('fct_money_events') }} as events using (event_id)
    where events.event_date = chosen.document_date
    group by compared.event_id
    having sum(abs(held_minor - wanted_minor)) = 0
),

listed as (
    select event_id, max(revision) as revision, max(case when is_newest then document_id end) as document_id, count(*) as revisions, count(distinct revision) as numbers,
        count(case when is_newest then 1 end) as newest
    from {{ ref('fct_booked_entries') }}
    group by event_id
)

select event_id as reference from compared where held_minor + corrected_minor != wanted_minor
union all
select event_id from {{ ref('fct_journal_revisions') }} where event_id in (select event_id from right_already)
union all
select revisions.event_id
from {{ ref('fct_journal_revisions') }} as revisions
inner join (select entity_id, max(period_month) as closed_until from {{ ref('can_closes') }} group by entity_id) as closed using (entity_id)
where {{ month_key('revisions.entry_date') }} <= closed.closed_until
union all
select coalesce(chosen.event_id, listed.event_id)
from chosen
full outer join listed using (event_id)
where chosen.document_id is distinct from listed.document_id or listed.revisions != listed.numbers or listed.newest != 1
    or listed.revision is distinct from chosen.revision
union all
select event_id
from {{ ref('fct_journal_revisions') }}
where signed_minor = 0 or (action = 'correct') != (recipe is not null and recipe = 'J-39')
