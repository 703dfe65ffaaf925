{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-08', 'severity': 'blocks'}) }}
-- I-08: every payout stands once, with its amount; every movement the processor puts into a known payout, but the payout's own, is one item of it, as it is;
-- what no item explains is the rest. An account lists what its payouts take unless it has payouts and all of them are made by hand.
-- A failure means that a payout or a part of one is missing, or told twice. It does not mean that the bank lacks it.
with

paid as (
    select payout_id, amount_minor, currency_code, platform, account_id, is_automatic from {{ ref('can_payouts') }}
),

sides as (
    select movements.payout_id, movements.movement_id, 1 as wanted, 0 as had, movements.amount_minor, movements.fee_minor, movements.net_minor
    from {{ ref('can_processor_movements') }} as movements
    inner join paid using (payout_id)
    where movements.movement_type != 'payout'
    union all
    select payout_id, movement_id, 0, 1, -amount_minor, -fee_minor, -net_minor from {{ ref('fct_payout_items') }}
),

items as (
    select payout_id, {{ sum_minor('net_minor') }} as net_minor from {{ ref('fct_payout_items') }} group by payout_id
),

payouts as (
    select payout_id, currency_code, count(*) as times, {{ sum_minor('amount_minor') }} as amount_minor, {{ sum_minor('unexplained_minor') }} as unexplained_minor
    from {{ ref('fct_payouts') }}
    group by payout_id, currency_code
),

by_hand as (
    select platform, account_id from paid group by platform, account_id having max(case when is_automatic then 1 else 0 end) = 0
)

select movement_id as reference
from sides
group by payout_id, movement_id
having sum(wanted) != 1 or sum(had) != 1 or sum(amount_minor) != 0 or sum(fee_minor) != 0 or sum(net_minor) != 0
union all
select coalesce(paid.payout_id, payouts.payout_id)
from paid
full outer join payouts on paid.payout_id = payouts.payout_id and paid.currency_code = payouts.currency_code
left join items on payouts.payout_id = items.payout_id
where payouts.times is distinct from 1
    or paid.amount_minor is distinct from payouts.amount_minor
    or payouts.unexplained_minor != payouts.amount_minor - coalesce(items.net_minor, 0)
union all
select settled.movement_id
from {{ ref('fct_settlement_movements') }} as settled
left join by_hand
    on settled.platform = by_hand.platform
    and settled.account_id = by_hand.account_id
where settled.is_payout_content_listed != (by_hand.account_id is null)
