with

source as (
    select * from {{ source('raw_stripe', 'payouts') }}
),

renamed as (
    select
        account_id,
        id as platform_payout_id,
        balance_transaction as platform_movement_id,
        upper(currency) as currency_code,
        {{ stripe_to_minor('amount', 'upper(currency)') }} as amount_minor,
        case
            when status in ('paid', 'in_transit', 'pending', 'failed', 'canceled') then status
            else 'unmapped'
        end as payout_status,
        coalesce(automatic, false) as is_automatic,
        method as payout_method,
        {{ json_text('trace_id', 'value') }} as trace_reference,
        statement_descriptor,
        {{ epoch_timestamp('created') }} as created_at,
        -- Midnight UTC of the day itself: read in the shop's zone it would be the day before.
        cast({{ epoch_timestamp('arrival_date') }} as date) as arrival_date
    from source
)

select * from renamed
