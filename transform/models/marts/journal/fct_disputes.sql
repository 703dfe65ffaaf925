with

disputes as (
    select * from {{ ref('can_disputes') }}
),

movements as (
    select * from {{ ref('fct_dispute_movements') }}
),

charge_orders as (
    select charge_reference, min(order_id) as order_id
    from {{ ref('fct_payment_matches') }}
    where charge_reference is not null
    group by charge_reference
),

lost as (
    select dispute_id, max(lost_date) as lost_date, {{ sum_minor('lost_minor') }} as lost_minor
    from {{ ref('fct_lost_disputes') }}
    group by dispute_id
),

moved as (
    select
        disputes.dispute_id, movements.currency_code, min(movements.movement_date) as taken_date,
        {{ sum_minor("case when movements.movement_type = 'dispute' then -movements.amount_minor else 0 end") }} as taken_minor,
        {{ sum_minor("case when movements.movement_type = 'dispute_reversal' then movements.amount_minor else 0 end") }} as returned_minor,
        {{ sum_minor('movements.dispute_fee_minor') }} as fee_minor
    from disputes
    inner join movements on disputes.dispute_id = movements.dispute_id
    group by disputes.dispute_id, movements.currency_code
)

select
    disputes.dispute_id, disputes.entity_id, disputes.platform, disputes.account_id, charge_orders.order_id, disputes.charge_reference,
    disputes.dispute_status, disputes.reason, disputes.opened_at, moved.taken_date, lost.lost_date,
    disputes.amount_minor as disputed_minor, coalesce(moved.currency_code, disputes.currency_code) as currency_code,
    coalesce(moved.taken_minor, 0) as taken_minor, coalesce(moved.returned_minor, 0) as returned_minor, coalesce(lost.lost_minor, 0) as lost_minor,
    coalesce(moved.taken_minor, 0) - coalesce(moved.returned_minor, 0) - coalesce(lost.lost_minor, 0) as at_stake_minor,
    coalesce(moved.fee_minor, 0) as fee_minor
from disputes
left join moved using (dispute_id)
left join lost using (dispute_id)
left join charge_orders on disputes.charge_reference = charge_orders.charge_reference
