-- A deposit books a payout when the bank has it, and a refund's document takes the money when it is promised. What a month's end finds between
-- the two days stands on its own account there, so two entries take it over: on its first day and on its last.
with

-- What the bank sent back names the payout it was; the payout it is in itself is the one that takes the money out again.
returned as (
    select payouts.payout_id, max(movements.movement_date) as end_date
    from {{ ref('can_processor_movements') }} as movements
    inner join {{ ref('can_payouts') }} as payouts
        on movements.platform = payouts.platform and movements.account_id = payouts.account_id
        and coalesce(movements.charge_reference, movements.platform_source_id) = payouts.platform_payout_id
    where movements.movement_type = 'payout_failure'
    group by payouts.payout_id
),

payouts as (
    select
        events.entity_id, 'payout' as item_type, events.payout_id as item_id, movements.platform_movement_id, events.event_date as start_date,
        least(arrivals.end_date, returned.end_date) as end_date, -events.amount_minor as amount_minor, events.currency_code, events.movement_id
    from {{ ref('fct_money_events') }} as events
    inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
    left join (select payout_id, max(value_date) as end_date from {{ ref('fct_banked_payouts') }} group by payout_id) as arrivals
        on events.payout_id = arrivals.payout_id
    left join returned on events.payout_id = returned.payout_id
    where events.event_type = 'payout' and events.amount_minor < 0
),

refunds as (
    select
        settled.entity_id, 'refund', settled.refund_id, settled.refund_id, settled.entry_date, movements.movement_date, settled.amount_minor,
        settled.currency_code, movements.movement_id
    from {{ ref('fct_settled_refunds') }} as settled
    left join {{ ref('fct_refund_matches') }} as matches on settled.refund_id = matches.refund_id
    left join {{ ref('can_processor_movements') }} as movements on matches.movement_id = movements.movement_id
    where settled.tender = 'refund_due' and settled.amount_minor > 0
        and coalesce(movements.currency_code, settled.currency_code) = settled.currency_code
),

items as (
    select * from payouts
    union all
    select * from refunds
),

keyed as (
    select *, 'je:' || entity_id || ':journal:' || item_id || ':carried:0' as document_key from items
),

booked as (
    select distinct memo from {{ ref('can_book_documents') }} where memo like 'je:%:journal:%' and not is_deleted
),

-- Once the first entry stands in the books, a day that is told late takes it back as well.
carried as (
    select keyed.*
    from keyed
    left join booked on keyed.document_key = booked.memo
    where booked.memo is not null or {{ month_key('start_date') }} < {{ month_key('coalesce(end_date, ' ~ known_until() ~ ')') }}
)

select
    document_key, entity_id, item_type, item_id, platform_movement_id, movement_id, start_date, end_date, amount_minor, currency_code
from carried
