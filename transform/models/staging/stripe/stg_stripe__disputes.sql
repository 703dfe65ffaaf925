with

source as (
    select * from {{ source('raw_stripe', 'disputes') }}
),

renamed as (
    select
        account_id,
        id as platform_dispute_id,
        charge as platform_charge_id,
        payment_intent as platform_payment_intent_id,
        upper(currency) as currency_code,
        {{ stripe_to_minor('amount', 'upper(currency)') }} as amount_minor,
        status as platform_dispute_status,
        -- A closed inquiry never took money: for the merchant it ended like a dispute won.
        case
            when status in ('needs_response', 'under_review', 'warning_needs_response', 'warning_under_review') then 'open'
            when status in ('won', 'warning_closed') then 'won'
            when status = 'lost' then 'lost'
            else 'unmapped'
        end as dispute_status,
        reason,
        {{ epoch_timestamp('created') }} as opened_at
    from source
)

select * from renamed
