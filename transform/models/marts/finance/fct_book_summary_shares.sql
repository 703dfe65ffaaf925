with

alone as (
    select book_event_id, {{ sum_minor('booked_revenue_minor') }} as booked_revenue_minor
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null and not is_deleted
    group by book_event_id
),

members as (
    select * from {{ ref('fct_expected_summary_members') }}
),

-- A copy bears the key of the summary, too; the days' orders are in one of them.
documents as (
    select
        matches.*, documents.memo,
        row_number() over (
            partition by matches.entity_id, documents.memo order by matches.is_deleted, matches.document_date, matches.document_id
        ) as copy
    from {{ ref('fct_book_matches') }} as matches
    inner join {{ ref('can_book_documents') }} as documents using (document_id)
    where matches.book_event_id is null and documents.memo is not null
)

select
    events.book_event_id, members.summary_key, documents.document_id, documents.is_deleted, documents.document_type, documents.document_number, documents.document_date,
    documents.document_month, documents.booked_revenue_minor as document_revenue_minor, events.entity_id, events.currency_code,
    -- Where its month was closed, a change since has a document of its own.
    events.expected_net_revenue_minor - coalesce(alone.booked_revenue_minor, 0) as share_minor
from members
inner join documents
    on members.entity_id = documents.entity_id
    and members.summary_key = documents.memo
    and members.currency_code = documents.currency_code
    and documents.copy = 1
-- A payment in advance is no revenue yet, and no event of it.
inner join {{ ref('fct_book_events') }} as events on members.document_key = events.book_event_id
left join alone on events.book_event_id = alone.book_event_id
