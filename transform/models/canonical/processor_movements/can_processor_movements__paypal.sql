with

transactions as (
    select * from {{ ref('stg_paypal__transactions') }} where transaction_status != 'failed'
),

event_codes as (
    select * from {{ ref('paypal_event_codes') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- The exact code, else its group; an authorisation is a promise and moves nothing.
typed as (
    select
        transactions.*,
        coalesce(
            case when transactions.amount_minor >= 0 then exact_codes.credit_movement_type else exact_codes.debit_movement_type end,
            case when transactions.amount_minor >= 0 then code_groups.credit_movement_type else code_groups.debit_movement_type end,
            'unmapped'
        ) as code_type
    from transactions
    left join event_codes as exact_codes
        on transactions.event_code = exact_codes.event_code
    left join event_codes as code_groups
        on transactions.event_group = code_groups.event_code
),

-- A fee that PayPal books as a row of its own is a fee of ours: nothing moves but the fee.
split as (
    select
        *,
        code_type in ('dispute_fee', 'processing_fee', 'payout_fee') as is_fee_row,
        case when code_type in ('dispute_fee', 'processing_fee') then 'fee' else code_type end as movement_type
    from typed
    where code_type != 'authorization'
),

mapped as (
    select
        'paypal:' || split.account_id || ':' || split.platform_movement_id as movement_id,
        'paypal' as platform,
        split.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        split.platform_movement_id,
        split.movement_type,
        case when split.is_fee_row then 0 else split.amount_minor end as amount_minor,
        case when split.is_fee_row then split.fee_minor - split.amount_minor else split.fee_minor end as fee_minor,
        case
            when split.code_type = 'dispute_fee' then 0
            when split.is_fee_row then split.fee_minor - split.amount_minor
            else split.fee_minor
        end as processing_fee_minor,
        case when split.code_type = 'dispute_fee' then split.fee_minor - split.amount_minor else 0 end as dispute_fee_minor,
        split.amount_minor - split.fee_minor as net_minor,
        split.currency_code,
        split.occurred_at,
        {{ local_date('split.occurred_at', "coalesce(entities.time_zone, '" ~ var('default_time_zone') ~ "')") }} as movement_date,
        split.occurred_at as available_at,
        split.platform_transaction_id as platform_source_id,
        case
            when split.movement_type = 'charge' then split.platform_transaction_id
            when split.platform_reference_type = 'TXN' then split.platform_reference_id
        end as charge_reference,
        cast(null as varchar) as payment_intent_reference,
        split.invoice_number as order_reference,
        case
            when split.movement_type = 'payout' then 'paypal:' || split.account_id || ':' || split.platform_transaction_id
        end as payout_id,
        split.description
    from split
    left join accounts
        on accounts.platform = 'paypal'
        and split.account_id = accounts.account_id
    left join entities
        on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
