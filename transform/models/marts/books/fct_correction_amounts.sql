with

-- What changed after its month was closed: nothing is dated in that month any more.
changes as (
    select
        entity_id, period_month, order_id, refund_id, currency_code, min(cause) as cause,
        bool_and(cause in ('new order', 'late refund')) as is_new
    from {{ ref('fct_close_changes') }}
    where table_name = 'fct_net_revenue' and order_id is not null
    group by entity_id, period_month, order_id, refund_id, currency_code
),

candidates as (
    select *, 'je:' || entity_id || ':' || order_id || ':captured:0' as corrects_key from changes where refund_id is null
    union all
    select *, 'je:' || entity_id || ':' || refund_id || ':refunded:0' from changes where refund_id is not null
    union all
    select *, 'je:' || entity_id || ':' || refund_id || ':released:0' from changes where refund_id is not null
),

expected as (
    select document_key, deposit_account_number, total_minor, 1 as sign, held_back_reason from {{ ref('fct_expected_sales_receipts') }}
    union all
    select document_key, deposit_account_number, total_minor, -1, held_back_reason from {{ ref('fct_expected_refund_receipts') }}
),

expected_lines as (
    select document_key, account_number, line_amount_minor from {{ ref('fct_expected_sales_receipt_lines') }}
    union all
    select document_key, account_number, line_amount_minor from {{ ref('fct_expected_refund_receipt_lines') }}
),

-- What the books hold under the key, and under those of earlier corrections.
documents as (
    select document_id, entity_id, memo, {{ corrected_key('memo') }} as corrects_key
    from {{ ref('can_book_documents') }}
    where memo like 'je:%' and not is_deleted
),

-- Debit is positive.
postings as (
    select document_key as corrects_key, deposit_account_number as account_number, sign * total_minor as wanted_minor, 0 as held_minor from expected
    union all
    select expected.document_key, lines.account_number, -expected.sign * lines.line_amount_minor, 0
    from expected
    inner join expected_lines as lines on expected.document_key = lines.document_key
    union all
    select documents.corrects_key, lines.account_number, 0, lines.signed_minor
    from documents
    inner join {{ ref('can_book_lines') }} as lines on documents.document_id = lines.document_id
),

typed as (
    select distinct book_event_id from {{ ref('fct_book_matches') }} where match_strength = 2 and not is_deleted
),

numbered as (
    select corrects_key, count(case when memo like '%:correct' then 1 end) as corrections, count(*) as documents
    from documents
    group by corrects_key
)

select
    candidates.corrects_key, candidates.entity_id, candidates.period_month, candidates.order_id, candidates.refund_id, candidates.currency_code,
    candidates.cause, postings.account_number,
    cast(coalesce(max(numbered.corrections), 0) + 1 as bigint) as revision,
    {{ sum_minor('postings.wanted_minor') }} as wanted_minor,
    {{ sum_minor('postings.held_minor') }} as held_minor,
    {{ sum_minor('postings.wanted_minor - postings.held_minor') }} as signed_minor,
    case
        when max(typed.book_event_id) is not null then 'typed_by_hand'
        when max(policies.booking_policy) = 'daily_summary' and max(numbered.documents) is null and not bool_or(candidates.is_new) then 'in_a_summary'
        else max(expected.held_back_reason)
    end as held_back_reason
from candidates
inner join postings on candidates.corrects_key = postings.corrects_key
left join expected on candidates.corrects_key = expected.document_key
left join numbered on candidates.corrects_key = numbered.corrects_key
left join typed on candidates.corrects_key = typed.book_event_id
left join {{ ref('fct_order_book_policies') }} as policies on candidates.order_id = policies.order_id
group by candidates.corrects_key, candidates.entity_id, candidates.period_month, candidates.order_id, candidates.refund_id, candidates.currency_code,
    candidates.cause, postings.account_number
