{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: a captured payment that meets no charge and a charge that meets no payment do not name each other, and are not the same amount of the same
-- order; two that meet do one or the other, and say which. Where neither names anything, the two are of one buyer, amount, currency and company within a
-- day, fit nothing else, and are not above what the entity lets be matched without a person; what fits so is not left.
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
),

by_hand as (
    select matches.payment_match_id
    from matches
    inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
    inner join {{ ref('matches_by_hand') }} as hands
        on hands.match_type = 'charge' and hands.platform = movements.platform and hands.account_id = movements.account_id
        and hands.platform_id = movements.charge_reference
),

-- Every pair of one buyer whose names are not known, whether it was matched or not.
pairs as (
    select legs.payment_match_id as leg_match_id, others.payment_match_id as charge_match_id, legs.order_payment_id, others.movement_id,
        legs.leg_minor as amount_minor, legs.leg_entity_id as entity_id,
        count(*) over (partition by legs.order_payment_id) + count(*) over (partition by others.movement_id) as fits
    from legs
    inner join {{ ref('can_order_payments') }} as payments using (order_payment_id)
    inner join {{ ref('can_orders') }} as orders on legs.order_id = orders.order_id
    inner join matches as others
        on others.movement_id is not null and coalesce(others.match_strength, 3) = 3
        and legs.leg_entity_id = others.charge_entity_id and legs.leg_minor = others.charge_minor and legs.leg_currency_code = others.charge_currency_code
    inner join {{ ref('can_processor_movements') }} as movements on others.movement_id = movements.movement_id
    inner join {{ ref('can_charge_methods') }} as methods
        on methods.platform = movements.platform and methods.account_id = movements.account_id and methods.charge_reference = movements.charge_reference
    where coalesce(legs.match_strength, 3) = 3
        and lower(trim(orders.customer_email)) = methods.payer_email
        and abs({{ seconds_between('movements.occurred_at', 'payments.processed_at') }}) <= 86400
),

limits as (
    select pairs.*, coalesce(of_entity.up_to_minor, of_all.up_to_minor) as up_to_minor
    from pairs
    left join {{ ref('match_policies') }} as of_entity on of_entity.match_type = 'charge' and of_entity.entity_id = pairs.entity_id
    left join {{ ref('match_policies') }} as of_all on of_all.match_type = 'charge' and of_all.entity_id = '*'
),

alike as (
    select * from limits where fits = 2 and amount_minor <= up_to_minor
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
    or (match_strength in (2, 4) and payment_match_id not in (select payment_match_id from numbered))
    or (match_strength in (2, 4) and (match_strength = 4) != (payment_match_id in (select payment_match_id from by_hand)))
    or (match_strength = 3 and order_payment_id || ' ' || movement_id not in (select order_payment_id || ' ' || movement_id from alike))
    or (match_strength is null and order_payment_id is not null and movement_id is not null)
union all
select leg_match_id from alike where leg_match_id != charge_match_id
union all
-- What is known is matched as it is known, and a charge bears the number its processor was told, or a person's.
select known.movement_id
from {{ ref('fct_known_payments') }} as known
left join matches using (order_payment_id, movement_id)
where matches.match_strength is distinct from known.match_strength
union all
select matches.movement_id
from matches
inner join {{ ref('can_processor_movements') }} as movements using (movement_id)
left join {{ ref('matches_by_hand') }} as hands
    on hands.match_type = 'charge' and hands.platform = movements.platform and hands.account_id = movements.account_id
    and hands.platform_id = movements.charge_reference
where matches.order_reference is distinct from coalesce(hands.order_number, movements.order_reference)
union all
select payments.order_payment_id
from {{ ref('can_order_payments') }} as payments
inner join {{ ref('can_orders') }} as orders
    on payments.order_id = orders.order_id
    and payments.currency_code = orders.currency_code
left join matches on payments.order_payment_id = matches.order_payment_id
where not orders.is_test and payments.payment_type in ('capture', 'sale') and payments.payment_status = 'succeeded'
    and payments.tender_type in ('card', 'other') and matches.order_payment_id is null
