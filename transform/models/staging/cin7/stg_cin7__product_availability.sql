with

source as (
    select * from {{ source('raw_cin7', 'product_availability') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        line_number,
        id as platform_product_id,
        sku,
        location as platform_location_id,
        nullif(bin, '') as bin,
        nullif(batch, '') as batch,
        ---------- quantities
        cast(on_hand as decimal(28, 6)) as on_hand,
        cast(allocated as decimal(28, 6)) as allocated,
        cast(available as decimal(28, 6)) as available,
        cast(on_order as decimal(28, 6)) as on_order,
        cast(in_transit as decimal(28, 6)) as in_transit,
        ---------- timestamps
        -- An answer without a Date header is as old as the load that read it.
        coalesce(
            {{ utc_timestamp('read_at') }}, {{ epoch_timestamp('cast(_dlt_load_id as decimal(20, 6))') }}
        ) as as_of_at
    from source
)

select * from renamed
