{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-23', 'severity': 'blocks'}) }}
-- I-23: every dispute stands there, once per currency it moved, with what its own movements took, gave back and cost, and about the order of its own charge;
-- what is at stake is the rest that is not lost.
-- A movement that names no dispute belongs to the single one of its charge, and to none where the charge has several.
-- A failure means that two disputes of one charge are mixed up or one is forgotten. It does not mean that a dispute is lost.
with

singles as (
    select platform, account_id, charge_reference from {{ ref('can_disputes') }} group by platform, account_id, charge_reference having count(*) = 1
),

-- Its own movements: those that name it; and those that name no dispute, but a charge that has this one alone.
own as (
    select disputes.dispute_id, movements.movement_id, movements.movement_type, movements.amount_minor, movements.dispute_fee_minor, movements.currency_code
    from {{ ref('can_processor_movements') }} as movements
    inner join {{ ref('can_disputes') }} as disputes
        on movements.platform = disputes.platform
        and movements.account_id = disputes.account_id
    left join singles
        on movements.platform = singles.platform
        and movements.account_id = singles.account_id
        and movements.charge_reference = singles.charge_reference
    where (movements.movement_type in ('dispute', 'dispute_reversal') or movements.dispute_fee_minor != 0)
        and (
            movements.platform_source_id = disputes.platform_dispute_id
            or (
                singles.charge_reference = disputes.charge_reference
                and not exists (
                    select 1 from {{ ref('can_disputes') }} as named
                    where named.platform = movements.platform and named.account_id = movements.account_id
                        and named.platform_dispute_id = movements.platform_source_id
                )
            )
        )
),

moved as (
    select
        dispute_id, currency_code,
        sum(case when movement_type = 'dispute' then -amount_minor else 0 end) as taken_minor,
        sum(case when movement_type = 'dispute_reversal' then amount_minor else 0 end) as returned_minor,
        sum(dispute_fee_minor) as fee_minor
    from own
    group by dispute_id, currency_code
),

placed as (
    select movements.movement_id, own.dispute_id, count(*) over (partition by movements.movement_id) as times
    from {{ ref('can_processor_movements') }} as movements
    left join own using (movement_id)
    where movements.movement_type in ('dispute', 'dispute_reversal') or movements.dispute_fee_minor != 0
),

expected as (
    select disputes.dispute_id, coalesce(moved.currency_code, disputes.currency_code) as currency_code, disputes.charge_reference,
        coalesce(moved.taken_minor, 0) as taken_minor, coalesce(moved.returned_minor, 0) as returned_minor, coalesce(moved.fee_minor, 0) as fee_minor
    from {{ ref('can_disputes') }} as disputes
    left join moved on disputes.dispute_id = moved.dispute_id
),

counted as (
    select dispute_id, currency_code, count(*) as times from {{ ref('fct_disputes') }} group by dispute_id, currency_code
),

charges as (
    select distinct charge_reference, order_id from {{ ref('fct_payment_matches') }} where charge_reference is not null and order_id is not null
)

select coalesce(expected.dispute_id, found.dispute_id) as dispute_id
from expected
full outer join {{ ref('fct_disputes') }} as found
    on expected.dispute_id = found.dispute_id
    and expected.currency_code = found.currency_code
where expected.taken_minor is distinct from found.taken_minor
    or expected.returned_minor is distinct from found.returned_minor
    or expected.fee_minor is distinct from found.fee_minor
    or found.at_stake_minor != found.taken_minor - found.returned_minor - found.lost_minor
union all
select dispute_id from counted where times != 1
union all
select found.dispute_id
from {{ ref('fct_disputes') }} as found
left join charges
    on found.charge_reference = charges.charge_reference
    and found.order_id = charges.order_id
where found.order_id is not null and charges.order_id is null
union all
select dispute_id from {{ ref('fct_lost_disputes') }} where dispute_id not in (select dispute_id from {{ ref('can_disputes') }} where dispute_status = 'lost')
union all
select coalesce(placed.movement_id, found.movement_id)
from placed
full outer join {{ ref('fct_dispute_movements') }} as found
    on placed.movement_id = found.movement_id
    and placed.dispute_id is not distinct from found.dispute_id
where placed.movement_id is null or found.movement_id is null or placed.times != 1
