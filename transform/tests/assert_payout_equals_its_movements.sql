-- A row here is an automatic payout that is not the sum of what Stripe says it holds (I-08): a movement was not
-- loaded, was loaded twice, or the payout was read while still being put together (then the next run clears it).
-- It says nothing about manual and instant payouts, whose content no list tells, nor about the bank.
with

held as (
    select payout_id, {{ sum_minor('net_minor') }} as net_minor
    from {{ ref('can_processor_movements') }}
    where movement_type != 'payout'
    group by payout_id
)

select
    payouts.payout_id,
    payouts.amount_minor,
    coalesce(held.net_minor, 0) as held_minor
from {{ ref('can_payouts') }} as payouts
left join held on payouts.payout_id = held.payout_id
where
    payouts.is_automatic
    and payouts.payout_status not in ('failed', 'canceled')
    and payouts.amount_minor != coalesce(held.net_minor, 0)
