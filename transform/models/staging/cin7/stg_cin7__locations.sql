with

source as (
    select * from {{ source('raw_cin7', 'locations') }}
),

renamed as (
    select
        account_id,
        -- Stock and purchases name a location, so the name is what identifies it for us.
        name as platform_location_id,
        id as platform_location_key,
        coalesce(is_default, false) as is_default,
        coalesce(is_deprecated, false) as is_deprecated,
        coalesce(fixed_assets_location, false) as is_fixed_assets
    from source
)

select * from renamed
