with

orders as (
    select * from {{ ref('can_orders') }} where not is_test
),

refunds as (
    select refunds.*, orders.entity_id as order_entity_id
    from {{ ref('can_refunds') }} as refunds
    inner join orders using (order_id)
    where refunds.refund_status != 'failed' and refunds.tender_type in ('card', 'other') and refunds.amount_minor != 0
),

movements as (
    select * from {{ ref('can_processor_movements') }} where movement_type = 'refund'
),

payment_matches as (
    select * from {{ ref('fct_payment_matches') }}
),

numbered_refunds as (
    select refund_id, processor_reference as reference, amount_minor,
        row_number() over (partition by processor_reference, amount_minor order by refunded_at, refund_id) as nth
    from refunds
    where processor_reference is not null
),

numbered_movements as (
    select movement_id, platform_source_id as reference, -amount_minor as amount_minor,
        row_number() over (partition by platform_source_id, amount_minor order by occurred_at, movement_id) as nth
    from movements
),

same_amounts as (
    select refund_id, movement_id
    from numbered_refunds
    inner join numbered_movements using (reference, amount_minor, nth)
),

-- Paid in another currency the amounts differ: then one refund and one movement of that name must be all there is.
converted as (
    select refunds.processor_reference, min(refunds.refund_id) as refund_id, min(movements.movement_id) as movement_id
    from refunds
    inner join movements
        on refunds.processor_reference = movements.platform_source_id
        and refunds.currency_code != movements.currency_code
    group by refunds.processor_reference
    having count(*) = 1
),

exact_matches as (
    select refund_id, movement_id from same_amounts
    union
    select converted.refund_id, converted.movement_id
    from converted
    where converted.refund_id not in (select refund_id from same_amounts) and converted.movement_id not in (select movement_id from same_amounts)
),

charge_orders as (
    select charge_reference, min(order_id) as order_id
    from payment_matches
    where charge_reference is not null and order_id is not null
    group by charge_reference
),

open_refunds as (
    select refunds.refund_id, refunds.order_id, refunds.amount_minor, refunds.currency_code,
        row_number() over (
            partition by refunds.order_id, refunds.amount_minor, refunds.currency_code order by refunds.refunded_at, refunds.refund_id
        ) as nth
    from refunds
    left join exact_matches using (refund_id)
    where exact_matches.refund_id is null
),

open_movements as (
    select movements.movement_id, charge_orders.order_id, -movements.amount_minor as amount_minor, movements.currency_code,
        row_number() over (
            partition by charge_orders.order_id, movements.amount_minor, movements.currency_code
            order by movements.occurred_at, movements.movement_id
        ) as nth
    from movements
    inner join charge_orders using (charge_reference)
    left join exact_matches using (movement_id)
    where exact_matches.movement_id is null
),

matches as (
    select refund_id, movement_id, cast(1 as bigint) as match_strength from exact_matches
    union all
    select open_refunds.refund_id, open_movements.movement_id, 2
    from open_refunds
    inner join open_movements using (order_id, amount_minor, currency_code, nth)
),

paired as (
    select
        coalesce('refund:' || refunds.refund_id, 'movement:' || movements.movement_id) as refund_match_id,
        refunds.refund_id,
        coalesce(refunds.order_id, charge_orders.order_id) as order_id,
        movements.movement_id,
        matches.match_strength,
        refunds.order_entity_id as refund_entity_id,
        refunds.refund_date,
        refunds.amount_minor as refund_minor,
        refunds.currency_code as refund_currency_code,
        movements.movement_date,
        -movements.amount_minor as movement_minor,
        movements.currency_code as movement_currency_code
    from refunds
    left join matches using (refund_id)
    full outer join movements
        on matches.movement_id = movements.movement_id
    left join charge_orders
        on movements.charge_reference = charge_orders.charge_reference
)

select * from paired
