with

source as (
    select * from {{ source('raw_woocommerce', 'order_refunds') }}
),

renamed as (
    select
        account_id,
        cast(order_id as varchar) as platform_order_id,
        cast(id as varchar) as platform_refund_id,
        {{ utc_timestamp('date_created_gmt') }} as refunded_at,
        -- True when the gateway moved the money, false when a person did it by hand.
        coalesce(refunded_payment, false) as is_refunded_by_gateway,
        nullif(reason, '') as reason,
        upper(order_currency) as currency_code,
        amount as amount_text,
        {{ to_minor("nullif(amount, '')", 'upper(order_currency)') }} as amount_minor,
        {{ reference_in("coalesce(cast(meta_data as varchar), '')", 're') }} as refund_reference
    from source
)

select * from renamed
