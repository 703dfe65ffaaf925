with

movements as (
    select * from {{ ref('can_processor_movements__paypal') }}
),

transactions as (
    select * from {{ ref('stg_paypal__transactions') }}
),

-- A withdrawal that the bank sent back is a row of its own, which names the withdrawal.
returned as (
    select account_id, charge_reference as platform_transaction_id, currency_code, max(movement_date) as returned_date
    from movements
    where movement_type = 'payout_failure' and charge_reference is not null
    group by account_id, charge_reference, currency_code
),

mapped as (
    select
        movements.payout_id,
        'paypal' as platform,
        movements.account_id,
        movements.entity_id,
        transactions.platform_transaction_id as platform_payout_id,
        case
            when returned.platform_transaction_id is not null then 'failed'
            when transactions.transaction_status = 'pending' then 'in_transit'
            when transactions.transaction_status = 'reversed' then 'canceled'
            when transactions.transaction_status = 'succeeded' then 'paid'
            else 'unmapped'
        end as payout_status,
        false as is_automatic,
        -movements.amount_minor as amount_minor,
        movements.currency_code,
        movements.occurred_at as created_at,
        -- PayPal promises no day; a withdrawal is on its way for one to three.
        {{ add_days('movements.movement_date', 2) }} as arrival_date,
        transactions.bank_reference as reference
    from movements
    inner join transactions
        on movements.account_id = transactions.account_id
        and movements.platform_movement_id = transactions.platform_movement_id
    left join returned
        on movements.account_id = returned.account_id
        and movements.platform_source_id = returned.platform_transaction_id
        and movements.currency_code = returned.currency_code
    where movements.movement_type = 'payout'
)

select * from mapped
