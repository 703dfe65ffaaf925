with

movements as (
    select
        movements.*, movements.platform || ':' || movements.account_id as sub_account, conversions.movement_id is not null as is_exchange_leg,
        'je:' || movements.entity_id || ':' || coalesce(conversions.first_movement_id, movements.movement_id) || ':' as event_key,
        'je:' || movements.entity_id || ':' || movements.movement_id || ':processor_fee' as fee_event_id
    from {{ ref('can_processor_movements') }} as movements
    left join {{ ref('fct_currency_conversions') }} as conversions using (movement_id)
),

fee_taxes as (
    select * from {{ ref('fct_fee_taxes') }}
),

settled_charges as (
    select movement_id from {{ ref('fct_settled_legs') }} where movement_id is not null
),

settled_refunds as (
    select movement_id from {{ ref('fct_settled_refunds') }} where movement_id is not null
),

charge_orders as (
    select charge_reference, min(order_id) as order_id
    from {{ ref('fct_payment_matches') }}
    where charge_reference is not null
    group by charge_reference
),

doubled_charges as (
    select distinct difference_id from {{ ref('fct_charge_differences') }} where reason_code = 'SRC-03'
),

banked_payouts as (
    select payout_id from {{ ref('fct_banked_payouts') }} where is_direct
),

-- Movements that no sale, payment or refund already holds, and the other side of each.
alone as (
    select
        movements.*, charge_orders.order_id,
        case
            when doubled_charges.difference_id is not null then 'overpayment'
            when movements.movement_type = 'charge' then 'suspense'
            when banked_payouts.payout_id is not null and movements.movement_type = 'payout' then 'bank'
            else 'movement'
        end as other_key
    from movements
    left join settled_charges on movements.movement_id = settled_charges.movement_id
    left join settled_refunds on movements.movement_id = settled_refunds.movement_id
    left join charge_orders on movements.charge_reference = charge_orders.charge_reference
    left join doubled_charges on doubled_charges.difference_id = 'charge:charge:' || movements.movement_id
    left join banked_payouts on movements.payout_id = banked_payouts.payout_id
    where movements.amount_minor != 0 and settled_charges.movement_id is null and settled_refunds.movement_id is null
),

-- The two legs of an exchange are each other's other side.
moved as (
    select event_key || movement_type as event_id, order_id, 'clearing' as posting_key, '' as detail, sub_account, movement_id,
        amount_minor as signed_minor, currency_code, movement_date as rate_date
    from alone
    union all
    select event_key || movement_type, order_id, other_key, case when other_key = 'movement' then movement_type else '' end,
        sub_account, movement_id, -amount_minor, currency_code, movement_date
    from alone
    where not is_exchange_leg
),

charged_fees as (
    select movements.*, charge_orders.order_id, coalesce(fee_taxes.tax_minor, 0) as fee_tax_minor
    from movements
    left join fee_taxes on movements.movement_id = fee_taxes.movement_id
    left join charge_orders on movements.charge_reference = charge_orders.charge_reference
    where movements.fee_minor != 0
),

fees as (
    select fee_event_id, order_id, 'clearing', '', sub_account, movement_id, -fee_minor, currency_code, movement_date
    from charged_fees
    union all
    select fee_event_id, order_id, 'fee', case when movement_type in ('payout', 'payout_fee') then 'payout' else 'processing' end,
        sub_account, movement_id, processing_fee_minor - case when dispute_fee_minor = 0 then fee_tax_minor else 0 end, currency_code, movement_date
    from charged_fees
    union all
    select fee_event_id, order_id, 'fee', 'dispute', sub_account, movement_id,
        dispute_fee_minor - case when dispute_fee_minor = 0 then 0 else fee_tax_minor end, currency_code, movement_date
    from charged_fees
    union all
    select fee_event_id, order_id, 'fee', 'tax', sub_account, movement_id, fee_tax_minor, currency_code, movement_date
    from charged_fees
)

select * from moved
union all
select * from fees
