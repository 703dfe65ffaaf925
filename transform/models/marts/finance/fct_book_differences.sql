with

events as (
    select * from {{ ref('fct_book_events') }}
),

documents as (
    select * from {{ ref('fct_book_matches') }} where not is_deleted
),

roundings as (
    select * from {{ ref('fct_book_roundings') }}
),

summaries as (
    select * from {{ ref('fct_book_documents') }} where event_type in ('sale', 'refund')
),

edits as (
    select document_id, reason_code, revenue_change_minor from {{ ref('fct_book_edits') }}
),

kept_channels as (
    select distinct entity_id, channel from summaries where documents > 0
),

-- What a closed month lacks stays missing there: no document may be dated in it any more.
closed as (
    select entity_id, max(period_month) as closed_until from {{ ref('can_closes') }} group by entity_id
),

missing as (
    select
        summaries.*, {{ month_key('summaries.event_date') }} as event_month,
        kept_channels.channel is not null as is_kept,
        case
            when {{ month_key('summaries.event_date') }} <= closed.closed_until then 'BKS-10'
            when deleted_documents > 0 then 'BKS-09'
            when event_type = 'refund' then 'BKS-11'
            else 'BKS-01'
        end as missing_code
    from summaries
    left join kept_channels using (entity_id, channel)
    left join closed using (entity_id)
    where documents = 0 and expected_net_revenue_minor != 0
),

-- The share of an event that a document stands for: all of it, its part when several make the whole, nothing when it comes twice.
shares as (
    select
        documents.*, events.order_id, events.event_month, events.event_type, events.reference, events.expected_net_revenue_minor,
        events.tax_minor, events.discount_minor, events.gift_card_minor,
        case
            when summaries.documents > 1 and summaries.booked_revenue_minor = summaries.expected_net_revenue_minor then documents.booked_revenue_minor
            when documents.nth = 1 then events.expected_net_revenue_minor
            else 0
        end as share_minor,
        first_documents.booked_revenue_minor as first_booked_minor,
        edits.reason_code as edit_code, edits.revenue_change_minor,
        roundings.rounding_minor, coalesce(roundings.is_each_line_rounded, false) as is_each_line_rounded
    from documents
    inner join events using (book_event_id)
    inner join summaries using (book_event_id)
    inner join documents as first_documents
        on documents.book_event_id = first_documents.book_event_id
        and first_documents.nth = 1
    left join roundings
        on documents.document_id = roundings.document_id
    left join edits
        on documents.document_id = edits.document_id
),

wrong as (
    select
        *, booked_revenue_minor - share_minor as amount_minor,
        case
            when nth > 1 and booked_revenue_minor in (expected_net_revenue_minor, first_booked_minor) then 'BKS-02'
            when nth > 1 then 'UNX-00'
            when booked_revenue_minor - share_minor = tax_minor and booked_tax_minor = 0 then 'TAX-04'
            when booked_revenue_minor - share_minor = gift_card_minor and booked_gift_card_minor = 0 then 'LIA-01'
            when booked_revenue_minor - share_minor = discount_minor and booked_discount_minor = 0 then 'BKS-07'
            when is_each_line_rounded and booked_revenue_minor - share_minor = rounding_minor then 'RND-03'
            -- Ours, accepted as it should be, and edited since by just this amount.
            when booked_revenue_minor - share_minor = revenue_change_minor then edit_code
            else 'UNX-00'
        end as wrong_code
    from shares
    where booked_revenue_minor != share_minor
),

differences as (
    select book_event_id || ':missing' as difference_key, entity_id, event_month as period_month, currency_code, missing_code as reason_code,
        order_id, reference, -expected_net_revenue_minor as amount_minor, 'no document with this number or key in the books' as evidence
    from missing where is_kept
    union all
    select entity_id || ':' || channel || ':' || event_month || ':' || currency_code || ':' || missing_code, entity_id, event_month, currency_code, missing_code,
        null, channel || ' ' || event_month, -{{ sum_minor('expected_net_revenue_minor') }}, 'channel ' || channel || ' is not kept in these books'
    from missing where not is_kept
    group by entity_id, channel, event_month, currency_code, missing_code
    union all
    select document_id || ':out', entity_id, event_month, currency_code, 'TIM-11', order_id, reference, -share_minor, 'booked on ' || cast(document_date as varchar)
    from shares where event_month != document_month and share_minor != 0
    union all
    select document_id || ':in', entity_id, document_month, currency_code, 'TIM-11', order_id, reference, share_minor, 'recognised in ' || event_month
    from shares where event_month != document_month and share_minor != 0
    union all
    select document_id || ':amount', entity_id, document_month, currency_code, wrong_code, order_id, document_number, amount_minor,
        document_type || ' ' || document_id || ' books ' || cast(booked_revenue_minor as varchar) || ' minor units of revenue, expected ' || cast(share_minor as varchar)
    from wrong
    union all
    select document_id || ':alone', entity_id, document_month, currency_code, 'BKS-08', null, coalesce(document_number, document_id), booked_revenue_minor,
        document_type || ' ' || document_id || ' books revenue that no order or refund explains'
    from documents where book_event_id is null and booked_revenue_minor != 0
)

select
    'books:' || difference_key as difference_id, entity_id, period_month, currency_code,
    'net_revenue_to_books' as bridge, 'net_revenue' as from_system, 'books' as to_system,
    reason_code, order_id, reference, amount_minor, evidence
from differences
