{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-10', 'severity': 'blocks'}) }}
-- I-10: a payout on its way and a bank line nobody claims do not repeat one trace with one amount; a line that names the traces of two or more such
-- payouts is not their sum, and no payout is the sum of two lines that name it; a linked line names its payout. What a payout says of the bank is its links.
-- A failure means a missed or a wrong link. A payout that is truly under way is no failure: it is a row with TIM-03.
with

links as (
    select * from {{ ref('fct_payout_bank_links') }}
),

payouts as (
    select * from {{ ref('can_payouts') }} where payout_status not in ('failed', 'canceled')
),

bank_lines as (
    select *, coalesce(description, '') || ' ' || coalesce(reference, '') as line_text from {{ ref('can_bank_lines') }}
),

open_payouts as (
    select * from payouts where payout_id not in (select payout_id from links)
),

open_lines as (
    select * from bank_lines where bank_line_id not in (select bank_line_id from links)
),

named as (
    select open_payouts.payout_id, open_lines.bank_line_id, open_payouts.amount_minor as payout_minor, open_lines.amount_minor as line_minor,
        count(*) over (partition by open_payouts.payout_id) as lines_of_payout, count(*) over (partition by open_lines.bank_line_id) as payouts_of_line
    from open_payouts
    inner join open_lines
        on open_payouts.entity_id = open_lines.entity_id
        and open_payouts.currency_code = open_lines.currency_code
    where length(open_payouts.reference) >= 8 and position(open_payouts.reference in open_lines.line_text) > 0
),

brought as (
    select payout_id, sum(amount_minor) as amount_minor, max(value_date) as value_date, min(bank_line_id) as bank_line_id from links group by payout_id
),

sent as (
    select payout_id, min(movement_date) as sent_date from {{ ref('can_processor_movements') }} where movement_type = 'payout' group by payout_id
)

select open_payouts.payout_id as reference
from open_payouts
inner join open_lines using (entity_id, currency_code, reference, amount_minor)
union all
select min(payout_id)
from named
group by bank_line_id
having count(*) > 1 and max(lines_of_payout) = 1 and sum(payout_minor) = max(line_minor)
union all
select payout_id
from named
group by payout_id
having count(*) > 1 and max(payouts_of_line) = 1 and sum(line_minor) = max(payout_minor)
union all
select links.payout_bank_link_id
from links
inner join {{ ref('can_payouts') }} as payouts using (payout_id)
inner join bank_lines using (bank_line_id)
where payouts.entity_id != bank_lines.entity_id
    or (payouts.reference != bank_lines.reference and position(payouts.reference in bank_lines.line_text) = 0)
    or (links.link_type = 'one_to_one' and payouts.amount_minor != bank_lines.amount_minor)
union all
select payouts.payout_id
from {{ ref('fct_payouts') }} as payouts
inner join {{ ref('can_payouts') }} as stated using (payout_id)
left join brought using (payout_id)
left join sent using (payout_id)
where payouts.bank_amount_minor is distinct from brought.amount_minor
    or payouts.bank_value_date is distinct from brought.value_date
    or payouts.bank_line_id is distinct from brought.bank_line_id
    or payouts.sent_date is distinct from coalesce(sent.sent_date, stated.arrival_date)
union all
select movements.movement_id
from {{ ref('fct_banked_movements') }} as movements
inner join {{ ref('can_processor_movements') }} as stated using (movement_id)
left join brought on stated.payout_id = brought.payout_id and stated.movement_type != 'payout'
where movements.bank_line_id is distinct from brought.bank_line_id or (movements.payout_id is null) != (brought.payout_id is null) or movements.bank_value_date is distinct from brought.value_date
