with

shares as (
    select * from {{ ref('fct_book_shares') }}
),

documents as (
    select * from {{ ref('fct_book_matches') }} where not is_deleted
),

roundings as (
    select * from {{ ref('fct_book_roundings') }}
),

edits as (
    select document_id, reason_code, revenue_change_minor from {{ ref('fct_book_edits') }}
),

kept_channels as (
    select distinct entity_id, channel from shares where documents > 0
),

-- What a closed month lacks stays missing there: no document may be dated in it any more.
closed as (
    select entity_id, max(period_month) as closed_until from {{ ref('can_closes') }} group by entity_id
),

-- What a closed month shows otherwise since, and the documents of ours that put it right in an open one.
changes as (
    select order_id, refund_id, {{ sum_minor('amount_minor') }} as change_minor
    from {{ ref('fct_close_changes') }}
    where measure = 'net_revenue_minor'
    group by order_id, refund_id
),

missing as (
    select
        shares.*, kept_channels.channel is not null as is_kept,
        case
            when shares.event_month <= closed.closed_until then 'BKS-10'
            when deleted_documents > 0 then 'BKS-09'
            when event_type = 'refund' then 'BKS-11'
            else 'BKS-01'
        end as missing_code
    from shares
    left join kept_channels using (entity_id, channel)
    left join closed using (entity_id)
    where shares.documents = 0 and shares.expected_net_revenue_minor != 0
),

matched as (
    select
        shares.*, edits.reason_code as edit_code, edits.revenue_change_minor, changes.change_minor,
        case when documents.is_correction then 'SRC-07' else 'TIM-11' end as moved_code,
        shares.document_id || case when shares.is_summary then ':' || shares.book_event_id else '' end as share_key,
        roundings.rounding_minor, coalesce(roundings.is_each_line_rounded, false) as is_each_line_rounded
    from shares
    left join roundings using (document_id)
    left join edits using (document_id)
    left join documents using (document_id)
    left join changes on shares.order_id = changes.order_id and shares.refund_id is not distinct from changes.refund_id
    where shares.document_id is not null
),

wrong as (
    select
        *, booked_revenue_minor - share_minor as amount_minor,
        case
            when nth > 1 and booked_revenue_minor in (expected_net_revenue_minor, first_booked_minor) then 'BKS-02'
            when nth > 1 and moved_code = 'SRC-07' and edit_code is null then 'SRC-07'
            when nth > 1 then 'UNX-00'
            when booked_revenue_minor - share_minor = tax_minor and booked_tax_minor = 0 then 'TAX-04'
            when booked_revenue_minor - share_minor = gift_card_minor and booked_gift_card_minor = 0 then 'LIA-01'
            when booked_revenue_minor - share_minor = discount_minor and booked_discount_minor = 0 then 'BKS-07'
            when is_each_line_rounded and booked_revenue_minor - share_minor = rounding_minor then 'RND-03'
            -- Ours, accepted as it should be, and edited since by just this amount.
            when booked_revenue_minor - share_minor = revenue_change_minor then edit_code
            when booked_revenue_minor - share_minor = -change_minor then 'SRC-07'
            else 'UNX-00'
        end as wrong_code
    from matched
    where booked_revenue_minor != share_minor
),

differences as (
    select
        case
            when is_kept then book_event_id || ':missing'
            else entity_id || ':' || channel || ':' || event_month || ':' || currency_code || ':' || missing_code
        end as difference_key,
        money_atom_id, 'existence' as part, entity_id, event_date as part_date, currency_code, missing_code as reason_code, order_id, reference,
        -expected_net_revenue_minor as amount_minor, 'no document with this number or key in the books' as evidence,
        case when not is_kept then channel end as channel
    from missing
    union all
    select share_key || ':out', money_atom_id, 'timing', entity_id, event_date, currency_code, moved_code, order_id, reference, -share_minor,
        'booked on ' || cast(document_date as varchar), null
    from matched where event_month != document_month and share_minor != 0
    union all
    select share_key || ':in', money_atom_id, 'timing', entity_id, document_date, currency_code, moved_code, order_id, reference, share_minor,
        'recognised in ' || event_month, null
    from matched where event_month != document_month and share_minor != 0
    union all
    select document_id || ':amount', money_atom_id, case when share_minor = 0 and nth > 1 then 'existence' else 'amount' end, entity_id, document_date,
        currency_code, wrong_code, order_id, document_number, amount_minor, document_type || ' ' || document_id || ' books '
            || cast(booked_revenue_minor as varchar) || ' minor units of revenue, expected ' || cast(share_minor as varchar), null
    from wrong
    union all
    select document_id || ':alone', 'document:' || document_id, 'existence', entity_id, document_date, currency_code, reason_code, null,
        coalesce(document_number, document_id), amount_minor, evidence, null
    from {{ ref('fct_lone_book_documents') }}
)

select
    'books:' || difference_key as difference_id, money_atom_id, 'net_revenue_to_books' as pair, part, entity_id, part_date,
    {{ month_key('part_date') }} as period_month, currency_code, 'net_revenue_to_books' as bridge, 'net_revenue' as from_system, 'books' as to_system,
    reason_code, order_id, reference, amount_minor, evidence, channel, channel is not null as is_shared
from differences
