with components as (
    select bundle_sku, component_sku, quantity from {{ ref('dim_bundle_components') }}
),

offers as (
    select
        components.bundle_sku,
        sets.channel,
        components.component_sku,
        components.quantity,
        coalesce(parts.ats, 0) as component_ats,
        coalesce({{ floor_divide('parts.ats', 'components.quantity') }}, 0) as sets_it_gives
    from components
    inner join {{ ref('fct_ats') }} as sets on components.bundle_sku = sets.sku
    left join {{ ref('fct_ats') }} as parts
        on components.component_sku = parts.sku and sets.channel = parts.channel and not parts.is_bundle
),

ranked as (
    select
        bundle_sku,
        channel,
        component_sku,
        quantity,
        cast(component_ats as bigint) as component_ats,
        cast(sets_it_gives as bigint) as sets_it_gives,
        row_number() over (partition by bundle_sku, channel order by sets_it_gives, component_sku) = 1 as is_scarcest
    from offers
)

select * from ranked
