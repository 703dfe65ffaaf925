with

source as (
    select * from {{ source('raw_stripe', 'payout_balance_transactions') }}
),

renamed as (
    select
        account_id,
        payout_id as platform_payout_id,
        id as platform_movement_id,
        type as platform_movement_type,
        upper(currency) as currency_code,
        {{ stripe_to_minor('net', 'upper(currency)') }} as net_minor
    from source
)

select * from renamed
