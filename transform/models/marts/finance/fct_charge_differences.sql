with

orders as (
    select * from {{ ref('fct_order_reconciliation') }}
),

matches as (
    select payment_matches.*, orders.order_number
    from {{ ref('fct_payment_matches') }} as payment_matches
    inner join orders on payment_matches.order_id = orders.order_id and payment_matches.movement_id is not null
),

lone_charges as (select * from {{ ref('fct_payment_matches') }} where order_payment_id is null),

candidates as (
    select movement_id, {{ sorted_list('order_number', 'order_number') }} as order_numbers from {{ ref('fct_charge_candidates') }} group by movement_id
),

lone_refunds as (
    select refund_matches.*, orders.order_number
    from {{ ref('fct_refund_matches') }} as refund_matches
    inner join orders using (order_id)
    where refund_matches.movement_id is null and orders.is_processor_connected
),

numbers as (
    select entity_id, order_number, min(order_id) as order_id, max(case when is_test then 1 else 0 end) as test_orders
    from {{ ref('can_orders') }}
    group by entity_id, order_number
),

-- Same charge, another key: both sides get a row, so that each entity, month and currency closes on its own.
compared as (
    select
        matches.*, exchanges.payment_match_id is not null as is_exchanged, exchanges.base_currency_code, exchanges.leg_base_minor, exchanges.charge_base_minor,
        case
            when exchanges.payment_match_id is not null then exchanges.reason_code
            when matches.leg_entity_id != matches.charge_entity_id then 'ENT-01'
            when {{ month_key('matches.leg_date') }} != {{ month_key('matches.charge_date') }} then 'TIM-04'
        end as moved_code
    from matches
    left join {{ ref('fct_charge_exchanges') }} as exchanges using (payment_match_id)
),

-- Of one company and currency, leg and charge are one atom: it moved. Else each is an atom that the other side lacks.
moved as (
    select *, case when moved_code = 'TIM-04' then 'timing' else 'existence' end as moved_part,
        case when coalesce(moved_code, 'TIM-04') = 'TIM-04' then 'leg:' || order_payment_id else 'movement:' || movement_id end as charge_atom_id
    from compared
),

moved_out as (
    select payment_match_id || ':out' as difference_key, 'leg:' || order_payment_id as money_atom_id, moved_part as part,
        leg_entity_id as entity_id, leg_date as difference_date, leg_currency_code as currency_code, moved_code as reason_code, order_id,
        order_number as reference, -leg_minor as amount_minor,
        'charged at the processor on ' || cast(charge_date as varchar) || ' in ' || charge_currency_code as evidence
    from moved
    where moved_code is not null
),

moved_in as (
    select payment_match_id || ':in', charge_atom_id, moved_part, charge_entity_id, charge_date, charge_currency_code, moved_code, order_id, order_number,
        case when is_exchanged then charge_minor else leg_minor end,
        'placed on ' || cast(leg_date as varchar) || ' in ' || leg_currency_code || coalesce(
            '; ' || cast(leg_minor as varchar) || ' minor units of it are ' || cast(leg_base_minor as varchar) || ' ' || base_currency_code
            || ' at the book rate, the charge ' || cast(charge_base_minor as varchar), ''
        )
    from moved
    where moved_code is not null
),

amounts as (
    select payment_match_id || ':amount', charge_atom_id, 'amount', charge_entity_id, charge_date, charge_currency_code, 'UNX-00', order_id, order_number,
        charge_minor - leg_minor, 'the storefront captured ' || cast(leg_minor as varchar) || ' minor units, the processor charged ' || cast(charge_minor as varchar)
    from moved
    where not is_exchanged and charge_minor != leg_minor
),

charged_alone as (
    select lone_charges.payment_match_id, 'movement:' || lone_charges.movement_id, 'existence', lone_charges.charge_entity_id, lone_charges.charge_date, lone_charges.charge_currency_code,
        case
            when numbers.test_orders = 1 then 'SRC-04'
            when orders.captured_minor = lone_charges.charge_minor and orders.processor_charged_minor = orders.captured_minor then 'SRC-03'
            else 'SRC-01'
        end,
        orders.order_id, coalesce(lone_charges.order_reference, lone_charges.charge_reference), lone_charges.charge_minor,
        'charge ' || coalesce(lone_charges.charge_reference, lone_charges.movement_id) || ' belongs to no captured payment of an order'
        || coalesce('; same buyer, amount and day: ' || candidates.order_numbers, '')
    from lone_charges
    left join candidates using (movement_id)
    left join numbers on lone_charges.charge_entity_id = numbers.entity_id and lone_charges.order_reference = numbers.order_number
    left join orders on numbers.order_id = orders.order_id
),

differences as (
    select * from moved_out
    union all
    select * from moved_in
    union all
    select * from amounts
    union all
    select * from charged_alone
),

-- A refund that the processor never paid moves no money between storefront and bank: shown, but in no bridge and of no atom.
refunded_alone as (
    select refund_match_id as difference_id, cast(null as varchar) as money_atom_id, cast(null as varchar) as pair, cast(null as varchar) as part,
        refund_entity_id as entity_id, refund_date as part_date, refund_currency_code as currency_code,
        cast(null as varchar) as bridge, 'REF-03' as reason_code, order_id,
        order_number as reference, refund_minor as amount_minor, 'refunded in the storefront, not at the processor' as evidence
    from lone_refunds
),

all_differences as (
    select 'charge:' || difference_key as difference_id, money_atom_id, 'storefront_to_processor' as pair, part, entity_id,
        difference_date as part_date, currency_code, 'storefront_to_bank' as bridge, reason_code, order_id, reference, amount_minor, evidence
    from differences
    union all
    select * from refunded_alone
)

select
    difference_id, money_atom_id, pair, part, entity_id, part_date, {{ month_key('part_date') }} as period_month, currency_code, bridge, 'storefront' as from_system, 'processor' as to_system,
    reason_code, order_id, reference, amount_minor, evidence, cast(null as varchar) as channel, false as is_shared
from all_differences
