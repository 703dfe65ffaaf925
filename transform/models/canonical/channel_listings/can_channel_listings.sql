select
    listing_id, platform, account_id, entity_id, channel, sku, location_id, platform_product_id,
    platform_variant_id, inventory_item_gid, location_gid, pool_group, platform_product_type, listed_quantity, platform_committed, is_tracked, updated_at
from {{ ref('can_channel_listings__amazon') }}

union all

select
    listing_id, platform, account_id, entity_id, channel, sku, location_id, platform_product_id,
    platform_variant_id, inventory_item_gid, location_gid, pool_group, platform_product_type, listed_quantity, platform_committed, is_tracked, updated_at
from {{ ref('can_channel_listings__shopify') }}

union all

select
    listing_id, platform, account_id, entity_id, channel, sku, location_id, platform_product_id,
    platform_variant_id, inventory_item_gid, location_gid, pool_group, platform_product_type, listed_quantity, platform_committed, is_tracked, updated_at
from {{ ref('can_channel_listings__woocommerce') }}
