with

orders as (
    select order_id, entity_id, currency_code, order_date, total_minor from {{ ref('fct_order_reconciliation') }}
),

matches as (
    select matches.*, orders.order_id is not null as is_counted
    from {{ ref('fct_payment_matches') }} as matches
    left join orders using (order_id)
),

movements as (
    select * from {{ ref('fct_banked_movements') }}
),

-- One atom where both sides are of one entity and currency; else one each, so that every entity and currency closes on its own.
pairs as (
    select
        matches.payment_match_id, matches.order_id, movements.movement_id,
        coalesce(matches.leg_entity_id = movements.entity_id and matches.leg_currency_code = movements.currency_code, false) as is_one
    from matches
    inner join movements using (movement_id)
    where matches.order_payment_id is not null and matches.is_counted
),

legs as (
    select
        'leg:' || matches.order_payment_id as money_atom_id, 'tender leg' as component, matches.leg_entity_id as entity_id,
        matches.leg_currency_code as currency_code, matches.order_id, cast(null as varchar) as refund_id,
        case when pairs.is_one then pairs.movement_id end as movement_id,
        matches.leg_minor as storefront_minor, matches.leg_date as storefront_date
    from matches
    left join pairs using (payment_match_id)
    where matches.order_payment_id is not null and matches.is_counted
),

-- What of an order is no leg that a processor could have: gift card, terms, cash, or still owed.
remainders as (
    select 'rest:' || orders.order_id, 'rest of the order', orders.entity_id, orders.currency_code, orders.order_id, cast(null as varchar),
        cast(null as varchar), orders.total_minor - coalesce(paid.paid_minor, 0), orders.order_date
    from orders
    left join (
        select order_id, leg_currency_code as currency_code, {{ sum_minor('leg_minor') }} as paid_minor
        from matches
        where order_payment_id is not null
        group by order_id, leg_currency_code
    ) as paid
        on orders.order_id = paid.order_id
        and orders.currency_code = paid.currency_code
    where orders.total_minor != coalesce(paid.paid_minor, 0)
),

storefront as (
    select * from legs
    union all
    select * from remainders
),

lone_movements as (
    select movements.*
    from movements
    left join pairs
        on movements.movement_id = pairs.movement_id
        and pairs.is_one
    where pairs.movement_id is null and (movements.amount_minor != 0 or movements.net_minor != 0)
),

residues as (
    select * from {{ ref('fct_bank_residues') }}
),

first_documents as (
    select * from {{ ref('fct_book_matches') }} where not is_deleted and nth = 1
),

revenue as (
    select events.*, documents.document_id, documents.booked_revenue_minor, documents.document_date
    from {{ ref('fct_book_events') }} as events
    left join first_documents as documents
        on events.book_event_id = documents.book_event_id
        and events.entity_id = documents.entity_id
        and events.currency_code = documents.currency_code
),

lone_documents as (
    select documents.*
    from {{ ref('fct_book_matches') }} as documents
    left join revenue using (document_id)
    where not documents.is_deleted and revenue.document_id is null and documents.booked_revenue_minor != 0
),

atoms as (
    select storefront.money_atom_id, storefront.component, storefront.entity_id, storefront.currency_code, storefront.order_id, storefront.refund_id,
        storefront.movement_id, movements.bank_line_id, cast(null as varchar) as document_id, storefront.storefront_minor, storefront.storefront_date,
        movements.amount_minor as processor_minor, movements.movement_date as processor_date,
        case when movements.bank_line_id is not null then movements.net_minor end as bank_minor, movements.bank_value_date as bank_date,
        cast(null as bigint) as recognised_minor, cast(null as date) as recognised_date, cast(null as bigint) as books_minor, cast(null as date) as books_date
    from storefront
    left join movements using (movement_id)
    union all
    select 'movement:' || movement_id, movement_type, entity_id, currency_code, order_id, null, movement_id, bank_line_id, null, null, null,
        amount_minor, movement_date, case when bank_line_id is not null then net_minor end, bank_value_date, null, null, null, null
    from lone_movements
    union all
    select 'bank:' || bank_residue_id, 'bank line residue', entity_id, currency_code, null, null, null,
        bank_line_id, null, null, null, null, null, amount_minor, value_date, null, null, null, null
    from residues
    union all
    select 'revenue:' || book_event_id, 'revenue', entity_id, currency_code, order_id, refund_id, null, null, document_id, null, null, null, null,
        null, null, expected_net_revenue_minor, event_date, booked_revenue_minor, document_date
    from revenue
    union all
    select 'document:' || document_id, 'document without an event', entity_id, currency_code, null, null, null, null, document_id, null, null,
        null, null, null, null, null, null, booked_revenue_minor, document_date
    from lone_documents
)

select * from atoms
