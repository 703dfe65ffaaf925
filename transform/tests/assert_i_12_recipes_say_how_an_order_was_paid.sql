{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-12', 'severity': 'blocks'}) }}
-- I-12: the recipe of a sale is what its entry shows: on terms (J-19) only where nothing was paid on the day of the sale or before, by card of the shop
-- (J-14, J-26) only where one was used, out of what was paid in advance (J-24) wherever something was.
-- A failure means that the books and the close sort an entry under a case it is not.
with

shown as (
    select
        event_id, max(recipe) as recipe,
        max(case when posting_key in ('clearing', 'bank', 'tender', 'due_from') then 1 else 0 end) = 1 as is_paid,
        max(case when posting_key = 'tender' and detail in ('gift_card', 'store_credit') then 1 else 0 end) = 1 as has_card,
        max(case when posting_key = 'deferred' then 1 else 0 end) = 1 as has_advance
    from {{ ref('fct_journal_lines') }}
    where event_id like '%:captured'
    group by event_id
)

select shown.event_id
from shown
inner join {{ ref('fct_money_events') }} as events on shown.event_id = events.event_id and events.event_type = 'sale'
inner join {{ ref('fct_order_recognitions') }} as recognitions on events.order_id = recognitions.order_id
where shown.recipe != events.recipe
    or (shown.recipe = 'J-19' and (shown.is_paid or recognitions.recognition_policy != 'on_invoice'))
    or (shown.recipe = 'J-01' and recognitions.recognition_policy = 'on_invoice' and not shown.is_paid)
    or (shown.recipe in ('J-14', 'J-26') and not shown.has_card)
    or (shown.recipe not in ('J-14', 'J-26', 'J-24', 'J-27') and shown.has_card)
    or (shown.recipe != 'J-24' and shown.has_advance)
