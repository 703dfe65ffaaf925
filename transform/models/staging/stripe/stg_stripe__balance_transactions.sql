with

source as (
    select * from {{ source('raw_stripe', 'balance_transactions') }}
),

renamed as (
    select
        account_id,
        id as platform_movement_id,
        source as platform_source_id,
        upper(currency) as currency_code,
        {{ stripe_to_minor('amount', 'upper(currency)') }} as amount_minor,
        {{ stripe_to_minor('fee', 'upper(currency)') }} as fee_minor,
        {{ stripe_to_minor('net', 'upper(currency)') }} as net_minor,
        type as platform_movement_type,
        reporting_category,
        -- The category first: Stripe types disputes, their return and some refund failures all as 'adjustment'.
        -- Capital's loans name themselves in the category alone; what is withheld for them, given back of it, and lent, is one liability (J-40).
        -- Advances (but not what repays them), top-ups, Connect, Issuing and bank debits that failed after they were taken for paid have
        -- no posting recipe: they stay unmapped, for a person.
        case
            when reporting_category = 'dispute' then 'dispute'
            when reporting_category = 'dispute_reversal' then 'dispute_reversal'
            when reporting_category = 'refund_failure' or type = 'refund_failure' then 'refund_failure'
            when reporting_category in ('financing_paydown', 'financing_paydown_reversal', 'financing_payout', 'financing_payout_reversal') then 'financing'
            when 'anticipation_repayment' in (reporting_category, type) then 'financing'
            when type in ('charge', 'payment') then 'charge'
            when type in ('refund', 'payment_refund') then 'refund'
            when type in ('stripe_fee', 'stripe_fx_fee', 'tax_fee') then 'fee'
            when type in ('payout_failure', 'payout_cancel') then 'payout_failure'
            when type = 'payout' then 'payout'
            when type in ('reserve_transaction', 'reserved_funds', 'reserve_hold', 'reserve_release') and amount < 0 then 'reserve_hold'
            when type in ('reserve_transaction', 'reserved_funds', 'reserve_hold', 'reserve_release') then 'reserve_release'
            when type = 'adjustment' then 'adjustment'
            else 'unmapped'
        end as movement_type,
        status = 'available' as is_available,
        description,
        {{ epoch_timestamp('created') }} as occurred_at,
        {{ epoch_timestamp('available_on') }} as available_at
    from source
)

select * from renamed
