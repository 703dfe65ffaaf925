with

-- An entry that was a document of its own and is part of another one by now is one no more.
entries as (
    select contents.*
    from {{ ref('fct_entry_contents') }} as contents
    left join {{ ref('fct_ledger_documents') }} as documents using (event_id)
    where documents.event_id is not null or not {{ is_ledger_document('contents.event_id') }}
),

booked as (
    select * from {{ ref('fct_booked_entries') }} where is_newest
),

-- What was turned back in its own month is settled, also once the month is closed.
turned_back as (
    select distinct memo from {{ ref('can_book_documents') }} where memo like 'je:%:reverse' and not is_deleted
),

closed as (
    select entity_id, max(period_month) as closed_until from {{ ref('can_closes') }} group by entity_id
),

-- What the books hold under a key is not what the key stands for now: other accounts or amounts, another day, or no event at all.
changed as (
    select
        booked.event_id, booked.entity_id, booked.revision as booked_revision, booked.document_id, booked.document_date, booked.currency_code,
        entries.event_date, coalesce(entries.revision, booked.revision + 1) as revision,
        coalesce({{ month_key('booked.document_date') }} <= closed.closed_until, false)
            or coalesce({{ month_key('entries.event_date') }} <= closed.closed_until, false) as is_closed,
        {{ add_days(end_of_month("cast(closed.closed_until || '-01' as date)"), 1) }} as first_open_date
    from booked
    left join entries on booked.event_id = entries.event_id
    left join closed on booked.entity_id = closed.entity_id
    left join turned_back on booked.event_id || ':' || cast(booked.revision + 1 as varchar) || ':reverse' = turned_back.memo
    where (entries.event_id is null or entries.revision != booked.revision) and turned_back.memo is null
),

held as (
    select document_id, account_number, {{ sum_minor('signed_minor') }} as signed_minor from {{ ref('can_book_lines') }} group by document_id, account_number
),

wanted as (
    select event_id, account_number, {{ sum_minor('signed_minor') }} as signed_minor from {{ ref('fct_rated_postings') }} group by event_id, account_number
),

-- In an open period the old entry is reversed and the new one posted; a closed one stays, and the difference is dated in the first open one.
lines as (
    select changed.event_id, 'reverse' as action, changed.document_date as entry_date, held.account_number, -held.signed_minor as signed_minor
    from changed
    inner join held using (document_id)
    where not changed.is_closed
    union all
    select changed.event_id, 'repost', changed.event_date, wanted.account_number, wanted.signed_minor
    from changed
    inner join wanted using (event_id)
    where not changed.is_closed and changed.event_date is not null
    union all
    select changed.event_id, 'correct', greatest(changed.first_open_date, coalesce(changed.event_date, changed.document_date)), held.account_number, -held.signed_minor
    from changed
    inner join held using (document_id)
    where changed.is_closed
    union all
    select changed.event_id, 'correct', greatest(changed.first_open_date, changed.event_date), wanted.account_number, wanted.signed_minor
    from changed
    inner join wanted using (event_id)
    where changed.is_closed and changed.event_date is not null
),

summed as (
    select event_id, action, max(entry_date) as entry_date, account_number, {{ sum_minor('signed_minor') }} as signed_minor
    from lines
    group by event_id, action, account_number
)

select
    changed.entity_id, summed.event_id, summed.action,
    summed.event_id || ':' || cast(changed.revision as varchar) || case summed.action when 'repost' then '' else ':' || summed.action end as entry_id,
    summed.event_id || ':' || cast(changed.booked_revision as varchar) as corrects_entry_id,
    case when summed.action = 'correct' then 'J-39' end as recipe, case when summed.action = 'correct' then 'SRC-07' end as reason_code,
    summed.entry_date, summed.account_number, case when summed.signed_minor > 0 then 'debit' else 'credit' end as side,
    abs(summed.signed_minor) as amount_minor, summed.signed_minor, changed.currency_code
from summed
inner join changed using (event_id)
where summed.signed_minor != 0
