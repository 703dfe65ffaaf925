with

source as (
    select * from {{ source('raw_stripe', 'refunds') }}
),

renamed as (
    select
        account_id,
        id as platform_refund_id,
        charge as platform_charge_id,
        payment_intent as platform_payment_intent_id,
        balance_transaction as platform_movement_id,
        failure_balance_transaction as platform_failure_movement_id,
        upper(currency) as currency_code,
        {{ stripe_to_minor('amount', 'upper(currency)') }} as amount_minor,
        case
            when status = 'succeeded' then 'succeeded'
            when status in ('pending', 'requires_action') then 'pending'
            when status in ('failed', 'canceled') then 'failed'
            else 'unmapped'
        end as refund_status,
        reason,
        {{ epoch_timestamp('created') }} as refunded_at
    from source
)

select * from renamed
