-- What a set is made of: a set that the seed names is made of exactly what the seed says, another of what the hub says.
with seeded as (
    select bundle_sku, component_sku, quantity
    from {{ ref('bundle_components') }}
),

known_to_the_hub as (
    select bundle_sku, component_sku, cast(sum(quantity) as bigint) as quantity, min(platform) as platform
    from {{ ref('can_bundle_components') }}
    where bundle_sku not in (select bundle_sku from seeded)
    group by bundle_sku, component_sku
),

components as (
    select bundle_sku, component_sku, cast(sum(quantity) as bigint) as quantity, 'seed' as defined_by
    from seeded
    group by bundle_sku, component_sku
    union all
    select bundle_sku, component_sku, quantity, platform as defined_by
    from known_to_the_hub
)

select * from components
