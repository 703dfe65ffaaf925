-- What the ledger holds and no receipt, invoice, credit note, payment or deposit books: the books get such an entry as it stands.
with

-- The charges of an order that a receipt, or its documents while it waits, book with their fees.
in_documents as (
    select charges.movement_id
    from {{ ref('fct_order_charges') }} as charges
    left join {{ ref('fct_expected_invoices') }} as invoices using (order_id)
    where invoices.order_id is null
),

refunded as (
    select distinct movement_id from {{ ref('fct_refund_matches') }} where movement_id is not null and refund_id is not null
),

direct as (
    select payout_id from {{ ref('fct_banked_payouts') }} where is_direct
),

-- A verdict moves no money: it is told with a movement of its dispute.
disputed as (
    select dispute_id, max(movement_id) as movement_id
    from {{ ref('fct_dispute_movements') }}
    where dispute_id is not null
    group by dispute_id
),

documents as (
    select
        events.event_id, events.event_type, events.entity_id, events.event_date, coalesce(events.movement_id, disputed.movement_id) as movement_id, movements.movement_type, movements.platform_movement_id,
        events.amount_minor, events.currency_code
    from {{ ref('fct_money_events') }} as events
    left join {{ ref('can_processor_movements') }} as movements on events.movement_id = movements.movement_id
    left join in_documents on events.movement_id = in_documents.movement_id
    left join refunded on events.movement_id = refunded.movement_id
    left join disputed on events.dispute_id = disputed.dispute_id
    left join direct on events.payout_id = direct.payout_id
    where case events.event_type
        when 'charge' then in_documents.movement_id is null
        when 'processor_fee' then in_documents.movement_id is null
        when 'refund' then events.refund_id is null and refunded.movement_id is null
        when 'payout' then direct.payout_id is not null
        -- A payment has the key its charge would have alone.
        else events.event_type not in ('payment', 'payment_for_another') and {{ is_ledger_document('events.event_id') }}
    end
)

select * from documents
