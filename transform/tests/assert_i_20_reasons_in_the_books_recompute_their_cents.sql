{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: a reason for a difference in the books is given only where its rule makes the exact cents again from the order and the document: tax, gift
-- cards, discount, rounding, an event without a document, a document without an event, the same amount in another month.
{%- set far = "cast('9999-12-31' as timestamp)" %}
-- A failure means that a reason is claimed that does not explain the amount. What no rule explains is UNX-00 and no failure here.
with

told as (
    select *, split_part(substr(difference_id, 7), ':amount', 1) as document_id
    from {{ ref('fct_differences') }}
    where to_system = 'books' and bridge = 'net_revenue_to_books'
),

sold as (
    select
        order_id, sum(tax_minor) as tax_minor, sum(case when line_type = 'gift_card' then net_minor else 0 end) as gift_card_minor,
        sum(case when line_type in ('product', 'shipping', 'fee') then discount_minor else 0 end) as discount_minor
    from {{ ref('can_order_lines') }}
    group by order_id
),

booked as (
    select
        lines.document_id, -sum(case when chart.account_type in ('income', 'contra_income') then lines.signed_minor else 0 end) as revenue_minor
    from {{ ref('can_book_lines') }} as lines
    left join {{ ref('chart_of_accounts') }} as chart on lines.account_number = cast(chart.account_number as varchar)
    group by lines.document_id
),

documents as (
    select matches.document_id, matches.book_event_id, matches.nth, matches.is_deleted, events.expected_net_revenue_minor, events.order_id, events.refund_id,
        count(*) over (partition by matches.book_event_id, matches.is_deleted) as copies
    from {{ ref('fct_book_matches') }} as matches
    left join {{ ref('fct_book_events') }} as events using (book_event_id)
),

-- What a document of the books is about: an event of its own, or those of a day.
about as (
    select book_event_id from documents where not is_deleted and book_event_id is not null
    union
    select book_event_id from {{ ref('fct_book_summary_shares') }} where not is_deleted
),

amounts as (
    select told.difference_id, told.reason_code, told.amount_minor, documents.nth, documents.copies, documents.expected_net_revenue_minor, documents.refund_id,
        sold.tax_minor, sold.gift_card_minor, sold.discount_minor, booked.revenue_minor, roundings.rounding_minor, roundings.is_each_line_rounded
    from told
    inner join documents using (document_id)
    left join sold on documents.order_id = sold.order_id
    left join booked on told.document_id = booked.document_id
    left join {{ ref('fct_book_roundings') }} as roundings on told.document_id = roundings.document_id
    where told.difference_id like '%:amount' and not documents.is_deleted
)

select difference_id
from amounts
where (reason_code = 'TAX-04' and refund_id is null and amount_minor != tax_minor)
    or (reason_code = 'LIA-01' and amount_minor != gift_card_minor)
    or (reason_code = 'BKS-07' and amount_minor != discount_minor)
    or (reason_code = 'RND-03' and (amount_minor != rounding_minor or not is_each_line_rounded))
    or (reason_code = 'BKS-02' and (nth = 1 or amount_minor != revenue_minor))
    or (copies = 1 and amount_minor != revenue_minor - expected_net_revenue_minor)
    -- And the other way round: where the cents are just those, the reason is given.
    or (reason_code = 'UNX-00' and copies = 1 and is_each_line_rounded and amount_minor = rounding_minor)
union all
-- An event counts as missing exactly when no document that stands is about it.
select told.difference_id
from told
inner join {{ ref('fct_book_events') }} as events on told.difference_id = 'books:' || events.book_event_id || ':missing'
left join about on events.book_event_id = about.book_event_id
where about.book_event_id is not null
    or told.amount_minor != -events.expected_net_revenue_minor
    or (told.reason_code = 'BKS-11') != (events.event_type = 'refund') and told.reason_code in ('BKS-01', 'BKS-11')
    or not exists (
        select 1
        from about as kept
        inner join {{ ref('fct_book_events') }} as others on kept.book_event_id = others.book_event_id
        where others.entity_id = events.entity_id and others.channel = events.channel
    )
union all
-- What moved to another month came out of one and into another.
select min(difference_id)
from told
where reason_code = 'TIM-11' and (difference_id like '%:in' or difference_id like '%:out')
group by entity_id, currency_code, regexp_replace(difference_id, ':(in|out)$', '')
having sum(amount_minor) != 0 or count(*) != 2
union all
-- Refunds are numbered within their order, over those that paid something.
select events.book_event_id
from {{ ref('fct_book_events') }} as events
inner join {{ ref('can_refunds') }} as refunds using (refund_id)
where events.reference not like '%-R' || (
    select count(*)
    from {{ ref('can_refunds') }} as others
    where others.order_id = refunds.order_id and others.refund_status = 'succeeded' and others.amount_minor > 0
        and (
            coalesce(others.refunded_at, {{ far }}) < coalesce(refunds.refunded_at, {{ far }})
            or (others.refunded_at is not distinct from refunds.refunded_at and others.refund_id <= refunds.refund_id)
        )
)
    and refunds.refund_status = 'succeeded' and refunds.amount_minor > 0
union all
select book_event_id
from {{ ref('fct_book_events') }}
inner join {{ ref('can_refunds') }} as refunds using (refund_id)
where reference is not null and (refunds.refund_status != 'succeeded' or refunds.amount_minor <= 0)
