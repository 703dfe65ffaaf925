select bundle_component_id, platform, account_id, bundle_sku, component_sku, quantity
from {{ ref('can_bundle_components__cin7') }}
