{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: every event that moves money or revenue has exactly one current entry, every entry its event, and every movement of a processor is in
-- the clearing account exactly once, with its net.
-- A failure means that money is missing from the journal or in it twice. It does not mean that an account is wrong.
with

events as (
    select event_id, count(*) as found from {{ ref('fct_money_events') }} group by event_id
),

entries as (
    select event_id, count(*) as found from {{ ref('fct_journal_entries') }} where recipe not in ('J-30', 'J-36') group by event_id
),

posted as (
    select event_id, count(*) as found from {{ ref('fct_postings') }} group by event_id
),

cleared as (
    select movement_id, {{ sum_minor('signed_minor') }} as signed_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'clearing'
    group by movement_id
)

select coalesce(events.event_id, entries.event_id, posted.event_id) as reference
from events
full outer join entries on events.event_id = entries.event_id
full outer join posted on coalesce(events.event_id, entries.event_id) = posted.event_id
where events.found is distinct from 1 or entries.found is distinct from 1 or posted.found is null
union all
select movements.movement_id
from {{ ref('can_processor_movements') }} as movements
left join cleared using (movement_id)
where movements.net_minor != coalesce(cleared.signed_minor, 0)
