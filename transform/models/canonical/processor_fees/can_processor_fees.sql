select
    processor_fee_id, platform, account_id, entity_id, movement_id, fee_type, amount_minor, currency_code, description
from {{ ref('can_processor_fees__stripe') }}
