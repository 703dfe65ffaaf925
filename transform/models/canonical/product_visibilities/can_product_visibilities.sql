select
    product_visibility_id, platform, account_id, entity_id, channel, platform_product_id, product_gid, title, visibility,
    platform_visibility, updated_at
from {{ ref('can_product_visibilities__shopify') }}

union all

select
    product_visibility_id, platform, account_id, entity_id, channel, platform_product_id, product_gid, title, visibility,
    platform_visibility, updated_at
from {{ ref('can_product_visibilities__woocommerce') }}
