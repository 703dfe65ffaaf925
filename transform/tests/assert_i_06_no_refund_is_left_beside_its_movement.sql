{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: a refund that meets no movement and a movement that meets no refund do not name each other, nor are they the same amount about the same order;
-- two that meet do one or the other. A refund only the storefront knows is told once; a movement is told with the order its charge paid.
-- A failure means that money given back is looked for though it is there, or taken for another's.
with

matches as (
    select * from {{ ref('fct_refund_matches') }}
),

refunds as (
    select matches.*, refunds.processor_reference
    from matches
    inner join {{ ref('can_refunds') }} as refunds using (refund_id)
),

movements as (
    select matches.refund_match_id, matches.movement_id, matches.refund_id, matches.order_id, stated.platform_source_id, stated.charge_reference,
        -stated.amount_minor as amount_minor, stated.currency_code
    from matches
    inner join {{ ref('can_processor_movements') }} as stated using (movement_id)
),

charges as (
    select distinct charge_reference, order_id from {{ ref('fct_payment_matches') }} where charge_reference is not null and order_id is not null
),

numbers as (
    select platform_source_id from movements group by platform_source_id having count(*) = 1
),

met as (
    select refunds.refund_match_id
    from refunds
    inner join movements using (movement_id)
    left join numbers using (platform_source_id)
    where (refunds.match_strength = 1 and refunds.processor_reference = movements.platform_source_id
            and (refunds.refund_minor = movements.amount_minor or (refunds.refund_currency_code != movements.currency_code and numbers.platform_source_id is not null)))
        or (refunds.match_strength = 2 and refunds.refund_minor = movements.amount_minor and refunds.refund_currency_code = movements.currency_code
            and refunds.order_id in (select charges.order_id from charges where charges.charge_reference = movements.charge_reference))
)

select refunds.refund_match_id as reference
from refunds
inner join movements
    on refunds.processor_reference = movements.platform_source_id
    and refunds.movement_id is null
    and movements.refund_id is null
left join numbers using (platform_source_id)
where refunds.refund_minor = movements.amount_minor
    or (refunds.refund_currency_code != movements.currency_code and numbers.platform_source_id is not null
        and refunds.processor_reference in (select others.processor_reference from refunds as others group by others.processor_reference having count(*) = 1))
union all
select refunds.refund_match_id
from refunds
inner join movements
    on refunds.refund_minor = movements.amount_minor
    and refunds.refund_currency_code = movements.currency_code
    and refunds.movement_id is null
    and movements.refund_id is null
inner join charges
    on movements.charge_reference = charges.charge_reference
    and refunds.order_id = charges.order_id
where movements.charge_reference in (select charge_reference from charges group by charge_reference having count(*) = 1)
union all
select refund_match_id from refunds where movement_id is not null and refund_match_id not in (select refund_match_id from met)
union all
select movements.refund_match_id
from movements
inner join charges using (charge_reference)
where movements.refund_id is null and movements.order_id is null
union all
select refunds.refund_match_id
from refunds
inner join {{ ref('fct_order_reconciliation') }} as orders using (order_id)
left join {{ ref('fct_differences') }} as told
    on told.reason_code = 'REF-03'
    and told.difference_id = refunds.refund_match_id
where (refunds.movement_id is null and orders.is_processor_connected) != (told.difference_id is not null)
    or told.amount_minor != refunds.refund_minor
