select
    purchase_draft_line_id, platform, account_id, entity_id, platform_purchase_order_id, our_reference, supplier_name, sku,
    quantity, draft_status, updated_at
from {{ ref('can_purchase_drafts__cin7') }}
