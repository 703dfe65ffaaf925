select
    balance_id, platform, account_id, entity_id, currency_code, available_minor, pending_minor, withheld_minor, as_of_at
from {{ ref('can_processor_balances__paypal') }}
union all
select
    balance_id, platform, account_id, entity_id, currency_code, available_minor, pending_minor, withheld_minor, as_of_at
from {{ ref('can_processor_balances__stripe') }}
