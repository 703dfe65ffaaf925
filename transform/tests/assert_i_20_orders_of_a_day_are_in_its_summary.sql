{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: an order or refund that is booked by the day is in the books exactly when a document bears the key of its day's summary: all of its net revenue,
-- less what documents of its own book. A standing summary goes before a deleted one.
-- A failure means that orders the books hold are called missing, or that two summaries are said to hold one order.
with

documents as (
    select document_id, entity_id, currency_code, memo, is_deleted from {{ ref('can_book_documents') }} where memo is not null
),

held as (
    select entity_id, currency_code, memo, min(case when is_deleted then 1 else 0 end) = 1 as is_deleted
    from documents
    group by entity_id, currency_code, memo
),

own as (
    select book_event_id, sum(booked_revenue_minor) as booked_revenue_minor
    from {{ ref('fct_book_matches') }}
    where not is_deleted
    group by book_event_id
),

expected as (
    select
        events.book_event_id, members.summary_key, members.entity_id, members.currency_code, held.is_deleted,
        events.expected_net_revenue_minor - coalesce(own.booked_revenue_minor, 0) as share_minor
    from {{ ref('fct_expected_summary_members') }} as members
    inner join {{ ref('fct_book_events') }} as events on members.document_key = events.book_event_id
    inner join held on members.entity_id = held.entity_id and members.currency_code = held.currency_code and members.summary_key = held.memo
    left join own on events.book_event_id = own.book_event_id
)

select coalesce(expected.book_event_id, shares.book_event_id) as book_event_id
from expected
full outer join {{ ref('fct_book_summary_shares') }} as shares on expected.book_event_id = shares.book_event_id
left join documents on shares.document_id = documents.document_id
where expected.book_event_id is null
    or shares.book_event_id is null
    or shares.summary_key != expected.summary_key
    or shares.is_deleted != expected.is_deleted
    or shares.share_minor != expected.share_minor
    or documents.document_id is null
    or documents.memo != expected.summary_key
    or documents.is_deleted != expected.is_deleted
