with

contents as (
    select event_id, account_number, {{ sum_minor('signed_minor') }} as signed_minor
    from {{ ref('fct_rated_postings') }}
    group by event_id, account_number
),

listed as (
    select
        event_id,
        {{ sorted_list("coalesce(account_number, '?') || ' ' || cast(signed_minor as varchar)", 'account_number') }} as content
    from contents
    where signed_minor != 0
    group by event_id
),

booked as (
    select * from {{ ref('fct_booked_entries') }} where is_newest
),

-- An entry the books hold as it is now keeps its number; one that changed since takes the next.
numbered as (
    select
        events.event_id, events.entity_id, events.event_date, listed.content, booked.revision as booked_revision,
        case
            when booked.event_id is null then cast(0 as bigint)
            when booked.content = listed.content and booked.document_date = events.event_date then booked.revision
            else booked.revision + 1
        end as revision
    from {{ ref('fct_money_events') }} as events
    left join listed using (event_id)
    left join booked using (event_id)
)

select event_id, entity_id, event_date, content, booked_revision, revision, event_id || ':' || cast(revision as varchar) as entry_id
from numbered
