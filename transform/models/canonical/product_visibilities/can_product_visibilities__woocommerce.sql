with products as (
    select * from {{ ref('stg_woocommerce__product_visibilities') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'woocommerce:' || products.account_id || ':' || products.platform_product_id as product_visibility_id,
        'woocommerce' as platform,
        products.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'woocommerce') as channel,
        products.platform_product_id,
        cast(null as varchar) as product_gid,
        products.title,
        -- A draft, or a product that only searches find, is somebody else's doing, whatever mark is left on it.
        case
            when products.platform_product_status <> 'publish' then 'hidden_by_others'
            when products.platform_catalogue_visibility = 'visible' and products.hidden_by_mark = 'cartwheel' then 'shown_by_others'
            when products.platform_catalogue_visibility = 'visible' then 'shown'
            when products.platform_catalogue_visibility = 'hidden' and products.hidden_by_mark = 'cartwheel' then 'hidden_by_us'
            else 'hidden_by_others'
        end as visibility,
        products.platform_product_status || ' / ' || products.platform_catalogue_visibility as platform_visibility,
        products.updated_at
    from products
    left join accounts on accounts.platform = 'woocommerce' and products.account_id = accounts.account_id
)

select * from mapped
