-- What a place can still give: a SKU's own free units, or as many sets as its scarcest component has free there.
with places as (
    select
        sku,
        location_id,
        greatest(0, case when is_enabled then available else 0 end) as free,
        owner_platform is not null as is_counted
    from {{ ref('fct_stock') }}
),

components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

component_counts as (
    select bundle_sku, count(*) as parts
    from components
    group by bundle_sku
),

sets as (
    select
        components.bundle_sku as sku,
        places.location_id,
        min({{ floor_divide('places.free', 'components.quantity') }}) as free,
        count(case when places.is_counted then 1 end) as parts_counted
    from components
    inner join places on components.component_sku = places.sku
    group by components.bundle_sku, places.location_id
),

free_places as (
    select sku, location_id, cast(free as bigint) as free, is_counted
    from places
    where sku not in (select bundle_sku from components)
    union all
    select
        sets.sku,
        sets.location_id,
        cast(case when sets.parts_counted = component_counts.parts then sets.free else 0 end as bigint) as free,
        sets.parts_counted = component_counts.parts as is_counted
    from sets
    inner join component_counts on sets.sku = component_counts.bundle_sku
)

select * from free_places
