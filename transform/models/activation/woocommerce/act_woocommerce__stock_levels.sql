with listings as (
    select * from {{ ref('fct_listings') }}
    where platform = 'woocommerce' and held_back_reason is null and location_id is null
),

stock_levels as (
    select
        platform_product_id || coalesce('/' || platform_variant_id, '') as record_key,
        platform_product_id,
        platform_variant_id,
        sku,
        target_quantity as quantity,
        listed_quantity as observed_quantity,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        cast(available as varchar) || ' free in ' || cast(locations as varchar)
            || case when locations = 1 then ' location' else ' locations' end
            || ', buffer ' || cast(buffer as varchar) || ': ' || cast(ats as varchar) || ' to sell'
            || '; shop shows ' || coalesce(cast(listed_quantity as varchar), 'nothing') as reason,
        listing_id as source_key
    from listings
)

select * from stock_levels
