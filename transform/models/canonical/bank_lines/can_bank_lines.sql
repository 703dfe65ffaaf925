select
    bank_line_id, platform, account_id, entity_id, platform_bank_line_id, value_date, amount_minor,
    currency_code, description, reference
from {{ ref('can_bank_lines__bank') }}
