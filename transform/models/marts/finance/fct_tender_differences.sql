with

orders as (
    select * from {{ ref('fct_order_reconciliation') }}
),

lone_legs as (
    select payment_matches.*
    from {{ ref('fct_payment_matches') }} as payment_matches
    where payment_matches.order_payment_id is not null and payment_matches.movement_id is null
),

candidates as (
    select order_payment_id, {{ sorted_list('charge_reference', 'charge_reference') }} as charges from {{ ref('fct_charge_candidates') }} group by order_payment_id
),

-- Tender that never reaches the processor, and the order's share of what is still open.
tenders as (
    {%- for column, code, words in [
        ('gift_card_minor', 'TND-01', 'paid by gift card'),
        ('store_credit_minor', 'TND-02', 'paid by store credit'),
        ('terms_minor', 'TND-03', 'invoiced on terms, not paid through the processor'),
        ('manual_minor', 'TND-04', 'paid outside the processor'),
    ] %}
    select order_id, order_id || ':{{ code }}' as difference_key, 'tender:' || order_id || ':{{ code }}' as money_atom_id,
        is_processor_connected as is_by_order, '{{ code }}' as reason_code, -{{ column }} as amount_minor, '{{ words }}' as evidence
    from orders
    where {{ column }} != 0
    union all
    {%- endfor %}
    select order_id, order_id || ':outstanding', 'tender:' || order_id || ':outstanding', is_payment_supplied, outstanding_reason_code, -outstanding_minor,
        case outstanding_reason_code
            when 'TND-05' then 'the channel supplies no payments'
            when 'TND-07' then 'total less everything paid: partly paid'
            when 'TND-08' then 'paid more than the total'
            when 'SRC-05' then 'cancelled before it was captured'
            else 'authorised or unpaid, not captured'
        end
    from orders
    where outstanding_minor != 0
    union all
    select lone_legs.order_id, lone_legs.order_payment_id, 'leg:' || lone_legs.order_payment_id, orders.is_processor_connected,
        case when orders.is_processor_connected then 'SRC-02' else 'TND-05' end, -lone_legs.leg_minor,
        'captured by ' || coalesce(lone_legs.gateway, 'an unnamed gateway') || ' in the storefront, no such charge at a processor'
        || coalesce('; same buyer, amount and day: ' || candidates.charges, '')
    from lone_legs
    left join candidates using (order_payment_id)
    inner join orders using (order_id)
),

-- A channel whose gateway is not connected differs as a whole: one row a month, not one an order.
placed as (
    select
        case
            when tenders.is_by_order then tenders.difference_key
            else orders.entity_id || ':' || orders.channel || ':' || orders.order_month || ':' || orders.currency_code || ':' || tenders.reason_code
        end as difference_key,
        tenders.money_atom_id, 'existence' as part, orders.entity_id, orders.order_date as part_date, orders.currency_code, tenders.reason_code,
        tenders.order_id, orders.order_number as reference, tenders.amount_minor, tenders.evidence,
        case when not tenders.is_by_order then orders.channel end as channel
    from tenders
    inner join orders using (order_id)
),

-- What a buyer may keep for paying early is owed no more: off the invoice, on the day of the payment.
given_up as (
    {%- for code, part, sign, words in [
        ('TND-03', 'existence', '', 'owed no more: a discount for paying early'), ('REF-06', 'amount', '-', 'discount for paying early, as the terms allow'),
    ] %}
    select event_id || ':{{ code }}', 'revenue:' || event_id || ':0', '{{ part }}', entity_id, discount_date, currency_code,
        '{{ code }}', order_id, order_number, {{ sign }}discount_minor, '{{ words }}', cast(null as varchar)
    from {{ ref('fct_early_payment_discounts') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

differences as (
    select * from placed
    union all
    select * from given_up
)

select
    'tender:' || difference_key as difference_id, money_atom_id, 'storefront_to_processor' as pair, part, entity_id, part_date,
    {{ month_key('part_date') }} as period_month, currency_code, 'storefront_to_bank' as bridge, 'storefront' as from_system, 'processor' as to_system,
    reason_code, order_id, reference, amount_minor, evidence, channel, channel is not null as is_shared
from differences
