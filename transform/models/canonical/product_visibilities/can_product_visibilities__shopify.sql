with products as (
    select * from {{ ref('stg_shopify__products') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'shopify:' || products.account_id || ':' || products.platform_product_id as product_visibility_id,
        'shopify' as platform,
        products.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'shopify') as channel,
        products.platform_product_id,
        products.product_gid,
        products.title,
        -- Archived or unlisted is somebody else's doing, whatever mark is left on it.
        case
            when products.platform_product_status = 'ACTIVE' and products.hidden_by_mark = 'cartwheel' then 'shown_by_others'
            when products.platform_product_status = 'ACTIVE' then 'shown'
            when products.platform_product_status = 'DRAFT' and products.hidden_by_mark = 'cartwheel' then 'hidden_by_us'
            else 'hidden_by_others'
        end as visibility,
        products.platform_product_status as platform_visibility,
        products.updated_at
    from products
    left join accounts on accounts.platform = 'shopify' and products.account_id = accounts.account_id
)

select * from mapped
