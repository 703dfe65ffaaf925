with

shipments as (
    select * from {{ ref('stg_files__shipments') }}
),

orders as (
    select * from {{ ref('stg_files__orders') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'files:' || shipments.channel || ':' || shipments.platform_parcel_id as parcel_id,
        'files' as platform,
        shipments.channel as account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        shipments.platform_parcel_id,
        'files:' || shipments.channel || ':' || shipments.platform_order_id as order_id,
        orders.order_number,
        cast(null as varchar) as location_id,
        shipments.tracking_number,
        shipments.carrier,
        shipments.shipment_status,
        shipments.shipped_at,
        shipments.delivered_at,
        cast(null as timestamp) as voided_at,
        cast(null as bigint) as cost_minor,
        cast(null as varchar) as currency_code,
        coalesce(shipments.delivered_at, shipments.shipped_at) as updated_at
    from shipments
    left join orders
        on shipments.channel = orders.channel and shipments.platform_order_id = orders.platform_order_id
    left join accounts on accounts.platform = 'files' and accounts.account_id = shipments.channel
)

select * from mapped
