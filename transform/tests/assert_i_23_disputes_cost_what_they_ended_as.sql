{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-23', 'severity': 'blocks'}) }}
-- I-23: what a dispute took and did not give back is at stake while it is open, and lost when it is lost; and the
-- journal's account of disputed funds is what is at stake.
-- A failure means that money of a dispute has no home.
with

posted as (
    select entity_id, currency_code, {{ sum_minor('signed_minor') }} as closing_minor
    from {{ ref('fct_journal_lines') }}
    where posting_key = 'movement' and detail in ('dispute', 'dispute_reversal')
    group by entity_id, currency_code
),

moved as (
    select entity_id, currency_code, -{{ sum_minor('amount_minor') }} as taken_minor
    from {{ ref('can_processor_movements') }}
    where movement_type in ('dispute', 'dispute_reversal')
    group by entity_id, currency_code
),

lost as (
    select entity_id, currency_code, {{ sum_minor('lost_minor') }} as lost_minor from {{ ref('fct_lost_disputes') }} group by entity_id, currency_code
)

select dispute_id as reference
from {{ ref('fct_disputes') }}
where dispute_status = 'lost' and at_stake_minor != 0
union all
select posted.entity_id || ' ' || posted.currency_code
from posted
left join moved using (entity_id, currency_code)
left join lost using (entity_id, currency_code)
where posted.closing_minor != coalesce(moved.taken_minor, 0) - coalesce(lost.lost_minor, 0)
