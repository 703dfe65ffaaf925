with listings as (
    select * from {{ ref('fct_listings') }}
    where
        platform = 'shopify'
        and held_back_reason is null
        and inventory_item_gid is not null
        and location_gid is not null
),

stock_levels as (
    select
        inventory_item_gid || '|' || location_gid as record_key,
        inventory_item_gid,
        location_gid,
        sku,
        target_quantity as quantity,
        listed_quantity as observed_quantity,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        cast(available as varchar) || ' free in ' || cast(locations as varchar)
            || case when locations = 1 then ' location' else ' locations' end
            || ', buffer ' || cast(buffer as varchar) || ': ' || cast(ats as varchar) || ' to sell, '
            || cast(target_quantity as varchar) || ' of them in ' || location_id
            || '; shop shows ' || coalesce(cast(listed_quantity as varchar), 'nothing') as reason,
        listing_id as source_key
    from listings
)

select * from stock_levels
