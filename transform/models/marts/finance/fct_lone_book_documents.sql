with

documents as (
    select matches.*, documents.memo
    from {{ ref('fct_book_matches') }} as matches
    inner join {{ ref('can_book_documents') }} as documents using (document_id)
    where matches.book_event_id is null and not matches.is_deleted
),

-- What the orders of a day are of its summary.
summarised as (
    select document_id, entity_id, summary_key, min(document_revenue_minor) as document_revenue_minor, {{ sum_minor('share_minor') }} as share_minor
    from {{ ref('fct_book_summary_shares') }}
    where not is_deleted
    group by document_id, entity_id, summary_key
),

edits as (
    select document_id, reason_code, revenue_change_minor from {{ ref('fct_book_edits') }}
),

compared as (
    select
        documents.*, edits.reason_code as edit_code, edits.revenue_change_minor, summarised.share_minor,
        originals.document_revenue_minor as original_revenue_minor,
        documents.booked_revenue_minor - coalesce(summarised.share_minor, 0) as amount_minor
    from documents
    left join summarised on documents.document_id = summarised.document_id
    -- A copy bears the key of the summary, too.
    left join summarised as originals on documents.entity_id = originals.entity_id and documents.memo = originals.summary_key
    left join edits on documents.document_id = edits.document_id
)

select
    document_id, entity_id, document_type, document_number, document_date, currency_code, amount_minor,
    case
        when share_minor is null and (edit_code = 'BKS-02' or booked_revenue_minor = original_revenue_minor) then 'BKS-02'
        when share_minor is null then 'BKS-08'
        when amount_minor = revenue_change_minor then edit_code
        else 'UNX-00'
    end as reason_code,
    document_type || ' ' || document_id || case
        when share_minor is null then ' books revenue that no order or refund explains'
        else ' books ' || cast(booked_revenue_minor as varchar) || ' minor units of revenue, its orders make ' || cast(share_minor as varchar)
    end as evidence
from compared
where amount_minor != 0
