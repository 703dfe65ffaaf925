select
    parcel_line_id, parcel_id, platform, account_id, sku, quantity
from {{ ref('can_parcel_lines__shipstation') }}
