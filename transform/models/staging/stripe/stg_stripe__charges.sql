with

source as (
    select * from {{ source('raw_stripe', 'charges') }}
),

renamed as (
    select
        account_id,
        id as platform_charge_id,
        payment_intent as platform_payment_intent_id,
        balance_transaction as platform_movement_id,
        nullif(trim({{ json_text('metadata', 'order_number') }}), '') as order_number,
        description,
        upper(currency) as currency_code,
        {{ stripe_to_minor('amount', 'upper(currency)') }} as amount_minor,
        {{ stripe_to_minor('amount_captured', 'upper(currency)') }} as captured_minor,
        {{ stripe_to_minor('amount_refunded', 'upper(currency)') }} as refunded_minor,
        case status
            when 'succeeded' then 'succeeded'
            when 'pending' then 'pending'
            when 'failed' then 'failed'
            else 'unmapped'
        end as charge_status,
        coalesce(captured, false) as is_captured,
        coalesce(disputed, false) as is_disputed,
        coalesce(livemode, false) as is_live,
        lower(trim({{ json_text('billing_details', 'email') }})) as customer_email,
        {{ json_text('payment_method_details', 'type') }} as payment_method,
        {{ json_text('payment_method_details', 'card.brand') }} as card_brand,
        {{ json_text('payment_method_details', 'card.country') }} as payer_country,
        {{ epoch_timestamp('created') }} as charged_at
    from source
)

select * from renamed
