{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-06', 'severity': 'blocks'}) }}
-- I-06: a payment of the storefront meets at most one charge, a charge at most one payment, and a side that is alone is a difference row.
-- A failure means that an amount would be counted twice or not at all. A charge without an order is no failure: it is a row.
with

matches as (
    select * from {{ ref('fct_payment_matches') }}
),

used_twice as (
    select coalesce(order_payment_id, movement_id) as reference
    from matches
    group by coalesce(order_payment_id, movement_id)
    having count(*) > 1
    union all
    select movement_id
    from matches
    where movement_id is not null
    group by movement_id
    having count(*) > 1
),

charges_lost as (
    select movements.movement_id
    from {{ ref('can_processor_movements') }} as movements
    left join matches using (movement_id)
    where movements.movement_type = 'charge' and matches.movement_id is null
),

charges_without_a_row as (
    select matches.payment_match_id
    from matches
    left join {{ ref('fct_differences') }} as differences
        on differences.difference_id = 'charge:' || matches.payment_match_id
    where matches.order_payment_id is null and matches.charge_minor != 0 and differences.difference_id is null
)

select reference from used_twice
union all
select movement_id from charges_lost
union all
select payment_match_id from charges_without_a_row
