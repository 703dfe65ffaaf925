with

source as (
    select * from {{ source('raw_shipstation', 'shipments') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        cast(shipment_id as varchar) as platform_shipment_id,
        cast(order_id as varchar) as platform_order_id,
        order_number,
        cast(warehouse_id as varchar) as platform_location_id,
        nullif(trim(tracking_number), '') as tracking_number,
        ---------- states
        carrier_code as platform_carrier,
        {{ shipstation_carrier('carrier_code') }} as carrier,
        voided as is_voided,
        coalesce(is_return_label, false) as is_return_label,
        ---------- money, in the account's currency
        cast(shipment_cost as decimal(28, 6)) as shipment_cost_major,
        cast(insurance_cost as decimal(28, 6)) as insurance_cost_major,
        ---------- timestamps
        cast(cast(ship_date as timestamp) as date) as ship_date,
        {{ local_to_utc('cast(create_date as timestamp)', "'America/Los_Angeles'") }} as created_at,
        {{ local_to_utc('cast(void_date as timestamp)', "'America/Los_Angeles'") }} as voided_at,
        -- A ship date has no time. On the label's own day the label's time is the nearest known, else the day's start.
        case
            when cast(cast(ship_date as timestamp) as date) = cast(cast(create_date as timestamp) as date)
                then {{ local_to_utc('cast(create_date as timestamp)', "'America/Los_Angeles'") }}
            else {{ local_to_utc('cast(ship_date as timestamp)', "'America/Los_Angeles'") }}
        end as shipped_at
    from source
)

select * from renamed
