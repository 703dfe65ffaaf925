{{ config(tags=['identity'], meta={'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: a captured payment that meets no charge and a charge that meets no payment do not name each other, and are not the same amount of the same
-- order; two that meet do one or the other, and say which.
-- A failure means that matching missed a pair or made a wrong one. A side that is truly alone is no failure: it is a difference.
with

matches as (
    select * from {{ ref('fct_payment_matches') }}
),

names as (
    select movement_id, charge_reference as name from {{ ref('can_processor_movements') }} where movement_type = 'charge' and charge_reference is not null
    union
    select movement_id, payment_intent_reference from {{ ref('can_processor_movements') }} where movement_type = 'charge' and payment_intent_reference is not null
    union
    select movement_id, platform_source_id from {{ ref('can_processor_movements') }} where movement_type = 'charge' and platform_source_id is not null
),

legs as (
    select matches.*, payments.processor_reference, orders.order_number
    from matches
    inner join {{ ref('can_order_payments') }} as payments using (order_payment_id)
    inner join {{ ref('can_orders') }} as orders on matches.order_id = orders.order_id
),

numbers as (
    select entity_id, order_number from {{ ref('can_orders') }} group by entity_id, order_number having count(*) = 1
),

open_charges as (
    select * from matches where order_payment_id is null
),

open_legs as (
    select * from legs where movement_id is null
),

named as (
    select legs.payment_match_id
    from legs
    inner join names on legs.movement_id = names.movement_id and legs.processor_reference = names.name
),

numbered as (
    select legs.payment_match_id
    from legs
    inner join numbers on legs.charge_entity_id = numbers.entity_id and legs.order_reference = numbers.order_number
    where legs.order_reference = legs.order_number and legs.leg_minor = legs.charge_minor and legs.leg_currency_code = legs.charge_currency_code
)

select open_legs.payment_match_id
from open_legs
inner join names on open_legs.processor_reference = names.name
inner join open_charges on names.movement_id = open_charges.movement_id
union all
select open_legs.payment_match_id
from open_legs
inner join open_charges
    on open_legs.leg_minor = open_charges.charge_minor
    and open_legs.leg_currency_code = open_charges.charge_currency_code
    and open_legs.leg_entity_id = open_charges.charge_entity_id
    and open_legs.order_number = open_charges.order_reference
inner join numbers on open_legs.leg_entity_id = numbers.entity_id and open_legs.order_number = numbers.order_number
union all
select payment_match_id
from matches
where (match_strength = 1 and payment_match_id not in (select payment_match_id from named))
    or (match_strength = 2 and payment_match_id not in (select payment_match_id from numbered))
    or (match_strength is null and order_payment_id is not null and movement_id is not null)
union all
select payments.order_payment_id
from {{ ref('can_order_payments') }} as payments
inner join {{ ref('can_orders') }} as orders
    on payments.order_id = orders.order_id
    and payments.currency_code = orders.currency_code
left join matches on payments.order_payment_id = matches.order_payment_id
where not orders.is_test and payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded'
    and payments.tender_type in ('card', 'other') and matches.order_payment_id is null
