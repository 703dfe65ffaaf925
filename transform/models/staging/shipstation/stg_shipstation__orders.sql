with

source as (
    select * from {{ source('raw_shipstation', 'orders') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        cast(order_id as varchar) as platform_order_id,
        order_number,
        order_key,
        {{ json_text('advanced_options', 'storeId') }} as platform_store_id,
        ---------- states
        order_status as platform_order_status,
        case order_status
            when 'awaiting_payment' then 'awaiting_payment'
            when 'awaiting_shipment' then 'awaiting_shipment'
            when 'pending_fulfillment' then 'awaiting_shipment'
            when 'on_hold' then 'on_hold'
            when 'shipped' then 'shipped'
            when 'cancelled' then 'cancelled'
            else 'unmapped'
        end as shipping_status,
        ---------- money, in the account's currency
        cast(order_total as decimal(28, 6)) as order_total_major,
        cast(amount_paid as decimal(28, 6)) as amount_paid_major,
        cast(tax_amount as decimal(28, 6)) as tax_amount_major,
        cast(shipping_amount as decimal(28, 6)) as shipping_amount_major,
        ---------- timestamps
        {{ local_to_utc('cast(order_date as timestamp)', "'America/Los_Angeles'") }} as ordered_at,
        {{ local_to_utc('cast(payment_date as timestamp)', "'America/Los_Angeles'") }} as paid_at,
        {{ local_to_utc('cast(create_date as timestamp)', "'America/Los_Angeles'") }} as created_at,
        {{ local_to_utc('cast(modify_date as timestamp)', "'America/Los_Angeles'") }} as updated_at
    from source
)

select * from renamed
