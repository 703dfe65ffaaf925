with

source as (
    select * from {{ source('raw_shopify', 'locations') }}
),

renamed as (
    select
        account_id,
        id as location_gid,
        name as location_name,
        coalesce(is_active, false) as is_active,
        coalesce(fulfills_online_orders, false) as is_online
    from source
)

select * from renamed
