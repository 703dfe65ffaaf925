select
    storefront_fulfilment_id, order_id, platform, account_id, platform_fulfilment_id, fulfilment_status,
    tracking_number, carrier, fulfilled_at
from {{ ref('can_storefront_fulfilments__shopify') }}
