with

source as (
    select * from {{ source('raw_cin7', 'products') }}
),

renamed as (
    select
        account_id,
        id as platform_product_id,
        sku,
        name as title,
        nullif(trim(barcode), '') as barcode,
        type as platform_product_type,
        coalesce(status = 'Deprecated', false) as is_deprecated,
        cast(price_tier1 as decimal(28, 6)) as price_major,
        cast(average_cost as decimal(28, 6)) as average_cost_major,
        {{ utc_timestamp('last_modified_on') }} as updated_at
    from source
)

select * from renamed
