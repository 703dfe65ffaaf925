with listings as (
    select * from {{ ref('fct_listings') }}
    where platform = 'amazon' and held_back_reason is null and location_id is null
),

stock_levels as (
    select
        sku as record_key,
        sku,
        platform_product_type,
        pool_group,
        target_quantity as quantity,
        listed_quantity as observed_quantity,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        cast(available as varchar) || ' free in ' || cast(locations as varchar)
            || case when locations = 1 then ' location' else ' locations' end
            || ', buffer ' || cast(buffer as varchar) || ': ' || cast(ats as varchar) || ' to sell'
            || '; listing shows ' || coalesce(cast(listed_quantity as varchar), 'nothing')
            || case when pool_group like '%,%' then ' in all its stores' else '' end as reason,
        listing_id as source_key
    from listings
)

select * from stock_levels
