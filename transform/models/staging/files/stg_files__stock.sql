with

source as (
    select * from {{ source('raw_files', 'stock') }}
),

renamed as (
    select
        channel,
        sku,
        location_id as platform_location_id,
        on_hand,
        coalesce(incoming, 0) as incoming,
        coalesce(damaged, 0) as damaged,
        {{ utc_timestamp('as_of') }} as as_of_at
    from source
)

select * from renamed
