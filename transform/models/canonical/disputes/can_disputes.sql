select
    dispute_id, platform, account_id, entity_id, platform_dispute_id, charge_reference, dispute_status, reason,
    amount_minor, currency_code, opened_at
from {{ ref('can_disputes__paypal') }}
union all
select
    dispute_id, platform, account_id, entity_id, platform_dispute_id, charge_reference, dispute_status, reason,
    amount_minor, currency_code, opened_at
from {{ ref('can_disputes__stripe') }}
