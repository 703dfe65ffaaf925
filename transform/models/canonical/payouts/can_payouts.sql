select
    payout_id, platform, account_id, entity_id, platform_payout_id, payout_status, is_automatic, amount_minor,
    currency_code, created_at, arrival_date, reference
from {{ ref('can_payouts__paypal') }}
union all
select
    payout_id, platform, account_id, entity_id, platform_payout_id, payout_status, is_automatic, amount_minor,
    currency_code, created_at, arrival_date, reference
from {{ ref('can_payouts__stripe') }}
