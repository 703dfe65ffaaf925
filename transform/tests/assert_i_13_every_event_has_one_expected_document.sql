{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-13', 'severity': 'blocks'}) }}
-- I-13: each recognised order, each refund with returned lines and each payout that went out is expected in the books once, with its own amount;
-- each document of the books is judged once. A failure means that something could be booked twice or never be missed.
with

expected as (
    select order_id as subject, 'sale' as event_type, {{ sum_minor('net_revenue_minor') }} as amount_minor
    from {{ ref('fct_net_revenue') }}
    where event_type = 'sale'
    group by order_id
    union all
    select refund_id, 'refund', {{ sum_minor('net_revenue_minor') }}
    from {{ ref('fct_net_revenue') }}
    where event_type != 'sale'
    group by refund_id
    union all
    select payout_id, 'payout', {{ sum_minor('amount_minor') }}
    from {{ ref('fct_payouts') }}
    where payout_status not in ('failed', 'canceled')
    group by payout_id
),

judged as (
    select
        coalesce(payout_id, refund_id, order_id) as subject, event_type, count(*) as times,
        {{ sum_minor('expected_net_revenue_minor + expected_deposit_minor') }} as amount_minor
    from {{ ref('fct_book_documents') }}
    group by coalesce(payout_id, refund_id, order_id), event_type
),

documents as (
    select can_documents.document_id, count(matches.document_id) as times
    from {{ ref('can_book_documents') }} as can_documents
    left join {{ ref('fct_book_matches') }} as matches on can_documents.document_id = matches.document_id
    where can_documents.document_type != 'unmapped'
    group by can_documents.document_id
)

select coalesce(expected.subject, judged.subject) as subject
from expected
full outer join judged
    on expected.subject = judged.subject
    and expected.event_type = judged.event_type
where expected.subject is null
    -- An order of nothing but tips or gift cards has no revenue row and still has its document.
    and judged.amount_minor != 0
    or judged.subject is null
    or judged.times != 1
    or coalesce(expected.amount_minor, 0) != judged.amount_minor
union all
select document_id from documents where times != 1
