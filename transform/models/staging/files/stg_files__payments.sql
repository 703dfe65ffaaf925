with

source as (
    select * from {{ source('raw_files', 'payments') }}
),

renamed as (
    select
        channel,
        order_id as platform_order_id,
        payment_id as platform_payment_id,
        {{ utc_timestamp('paid_at') }} as processed_at,
        upper(currency_code) as currency_code,
        {{ to_minor('amount', 'upper(currency_code)') }} as amount_minor,
        coalesce(tender_type, 'other') as tender_type,
        gateway,
        processor_reference
    from source
)

select * from renamed
