with

source as (
    select * from {{ source('raw_shipstation', 'fulfillments') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        cast(fulfillment_id as varchar) as platform_fulfillment_id,
        cast(order_id as varchar) as platform_order_id,
        order_number,
        nullif(trim(tracking_number), '') as tracking_number,
        ---------- states
        carrier_code as platform_carrier,
        {{ shipstation_carrier('carrier_code') }} as carrier,
        voided as is_voided,
        ---------- money, in the account's currency
        cast(fulfillment_fee as decimal(28, 6)) as fulfillment_fee_major,
        ---------- timestamps
        {{ local_to_utc('cast(create_date as timestamp)', "'America/Los_Angeles'") }} as created_at,
        {{ local_to_utc('cast(ship_date as timestamp)', "'America/Los_Angeles'") }} as shipped_at,
        {{ local_to_utc('cast(void_date as timestamp)', "'America/Los_Angeles'") }} as voided_at,
        {{ local_to_utc('cast(delivery_date as timestamp)', "'America/Los_Angeles'") }} as delivered_at
    from source
)

select * from renamed
