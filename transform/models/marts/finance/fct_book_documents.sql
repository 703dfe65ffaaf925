with

events as (
    select * from {{ ref('fct_book_events') }}
),

matches as (
    select book_event_id, document_id, nth, is_deleted, booked_revenue_minor
    from {{ ref('fct_book_matches') }}
    where book_event_id is not null
    union all
    select book_event_id, document_id, 1, is_deleted, share_minor
    from {{ ref('fct_book_summary_shares') }}
),

payouts as (
    select * from {{ ref('fct_payouts') }} where payout_status not in ('failed', 'canceled')
),

deposits as (
    select * from {{ ref('can_book_documents') }} where document_type = 'deposit'
),

booked as (
    select
        book_event_id,
        count(case when not is_deleted then 1 end) as documents,
        count(case when is_deleted then 1 end) as deleted_documents,
        {{ sum_minor('case when is_deleted then 0 else booked_revenue_minor end') }} as booked_revenue_minor,
        {{ sorted_list('case when not is_deleted then document_id end', 'nth, document_id') }} as document_ids
    from matches
    group by book_event_id
),

deposited as (
    select
        payouts.payout_id,
        count(case when not deposits.is_deleted then 1 end) as documents,
        count(case when deposits.is_deleted then 1 end) as deleted_documents,
        {{ sum_minor('case when deposits.is_deleted then 0 else deposits.total_minor end') }} as booked_minor,
        {{ sorted_list('case when not deposits.is_deleted then deposits.document_id end', 'deposits.document_id') }} as document_ids
    from payouts
    inner join deposits
        on deposits.entity_id = payouts.entity_id
        and deposits.currency_code = payouts.currency_code
        and (
            deposits.memo = 'je:' || payouts.entity_id || ':' || payouts.payout_id || ':paid:0'
            or deposits.document_number = right(payouts.platform_payout_id, 21)
        )
    group by payouts.payout_id
),

money_events as (
    select
        events.book_event_id, events.event_type, events.entity_id, events.channel, events.order_id, events.refund_id,
        cast(null as varchar) as payout_id, events.reference, events.event_date, events.currency_code,
        events.expected_net_revenue_minor, coalesce(booked.booked_revenue_minor, 0) as booked_revenue_minor,
        cast(0 as bigint) as expected_deposit_minor, cast(0 as bigint) as booked_deposit_minor,
        coalesce(booked.documents, 0) as documents, coalesce(booked.deleted_documents, 0) as deleted_documents, booked.document_ids
    from events
    left join booked using (book_event_id)
    union all
    select
        'je:' || payouts.entity_id || ':' || payouts.payout_id || ':paid:0', 'payout', payouts.entity_id, null, null, null,
        payouts.payout_id, payouts.platform_payout_id, coalesce(payouts.bank_value_date, payouts.sent_date), payouts.currency_code,
        0, 0, payouts.amount_minor, coalesce(deposited.booked_minor, 0),
        coalesce(deposited.documents, 0), coalesce(deposited.deleted_documents, 0), deposited.document_ids
    from payouts
    left join deposited using (payout_id)
),

judged as (
    select
        *,
        case
            when documents = 0 and deleted_documents > 0 then 'BKS-09'
            when documents = 0 and event_type = 'refund' then 'BKS-11'
            when documents = 0 then 'BKS-01'
            when booked_revenue_minor = expected_net_revenue_minor and booked_deposit_minor = expected_deposit_minor then null
            when documents > 1 then 'BKS-02'
            else 'UNX-00'
        end as reason_code
    from money_events
)

select * from judged
