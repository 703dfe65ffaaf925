with

source as (
    select * from {{ source('raw_files', 'refunds') }}
),

renamed as (
    select
        channel,
        refund_id as platform_refund_id,
        refund_line_id as platform_refund_line_id,
        order_id as platform_order_id,
        line_id as platform_line_id,
        {{ utc_timestamp('refunded_at') }} as refunded_at,
        upper(currency_code) as currency_code,
        coalesce(line_type, 'product') as line_type,
        sku,
        coalesce(quantity, 0) as quantity,
        {{ to_minor('amount', 'upper(currency_code)') }} as net_minor,
        {{ to_minor('coalesce(tax, 0)', 'upper(currency_code)') }} as tax_minor,
        coalesce(is_restocked, false) as is_restocked,
        customer_id as platform_customer_id,
        nullif(lower(trim(email)), '') as customer_email,
        coalesce(tender_type, 'other') as tender_type
    from source
)

select * from renamed
