with

events as (
    select * from {{ ref('fct_book_events') }}
),

summarised as (
    select * from {{ ref('fct_book_summary_shares') }} where not is_deleted
),

documents as (
    select matches.document_id, matches.entity_id, matches.document_type, matches.document_number, matches.document_date, matches.document_month,
        matches.book_event_id, matches.nth + case when summarised.book_event_id is null then 0 else 1 end as nth, matches.booked_revenue_minor,
        matches.booked_tax_minor, matches.booked_discount_minor, matches.booked_gift_card_minor, false as is_summary
    from {{ ref('fct_book_matches') }} as matches
    left join summarised on matches.book_event_id = summarised.book_event_id
    where not matches.is_deleted
    union all
    -- A summary stands for its orders in full; what else it holds is its own difference.
    select summarised.document_id, summarised.entity_id, summarised.document_type, summarised.document_number, summarised.document_date,
        summarised.document_month, summarised.book_event_id, 1, summarised.share_minor, events.tax_minor, events.discount_minor,
        events.gift_card_minor, true
    from summarised
    inner join events on summarised.book_event_id = events.book_event_id
),

documented as (
    select * from {{ ref('fct_book_documents') }} where event_type in ('sale', 'refund')
),

first_documents as (
    select book_event_id, booked_revenue_minor from documents where nth = 1
)

-- The share of an event that a document stands for: all of it, its part when several make the whole, nothing when it comes twice.
select
    case when coalesce(documents.nth, 1) = 1 then 'revenue:' || events.book_event_id else 'document:' || documents.document_id end as money_atom_id,
    events.book_event_id, documents.document_id, events.event_type, events.order_id, events.refund_id, events.is_discount, events.reference,
    events.channel, coalesce(documents.entity_id, events.entity_id) as entity_id, events.currency_code, events.event_date, events.event_month,
    events.expected_net_revenue_minor, events.tax_minor, events.discount_minor, events.gift_card_minor,
    case
        when documented.documents > 1 and documented.booked_revenue_minor = documented.expected_net_revenue_minor then documents.booked_revenue_minor
        when coalesce(documents.nth, 1) = 1 then events.expected_net_revenue_minor
        else 0
    end as share_minor,
    documented.documents, documented.deleted_documents, documents.nth,
    documents.document_type, documents.document_number, documents.document_date, documents.document_month, documents.booked_revenue_minor,
    documents.booked_tax_minor, documents.booked_discount_minor, documents.booked_gift_card_minor, coalesce(documents.is_summary, false) as is_summary,
    first_documents.booked_revenue_minor as first_booked_minor
from events
inner join documented using (book_event_id)
left join documents
    on events.book_event_id = documents.book_event_id
left join first_documents
    on events.book_event_id = first_documents.book_event_id
