-- The marketplace keeps one quantity per seller and SKU, whatever stores show it: the stores of a listing are one pool
-- group, one row here, and so one record of the one sync that writes it. Two writers would undo each other.
with

listings as (
    select * from {{ ref('stg_amazon__listings') }}
),

stores as (
    select
        account_id,
        sku,
        min(asin) as asin,
        min(platform_product_type) as platform_product_type,
        replace({{ sorted_list('platform_marketplace_id', 'platform_marketplace_id') }}, ' ', '') as pool_group
    from {{ ref('stg_amazon__listing_stores') }}
    group by account_id, sku
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'amazon:' || listings.account_id || ':' || listings.sku as listing_id,
        'amazon' as platform,
        listings.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        coalesce(accounts.channel, 'amazon') as channel,
        listings.sku,
        cast(null as varchar) as location_id,
        stores.asin as platform_product_id,
        cast(null as varchar) as platform_variant_id,
        cast(null as varchar) as inventory_item_gid,
        cast(null as varchar) as location_gid,
        stores.pool_group,
        stores.platform_product_type,
        listings.quantity as listed_quantity,
        cast(null as bigint) as platform_committed,
        -- What the marketplace sends from its own stock it counts itself.
        listings.is_sent_by_seller as is_tracked,
        listings.updated_at
    from listings
    -- A listing in no store is offered to nobody.
    inner join stores
        on listings.account_id = stores.account_id
        and listings.sku = stores.sku
    left join accounts
        on accounts.platform = 'amazon' and listings.account_id = accounts.account_id
)

select * from mapped
