select book_account_id, platform, account_id, entity_id, account_number, account_name, is_active
from {{ ref('can_book_accounts__quickbooks') }}
union all
select book_account_id, platform, account_id, entity_id, account_number, account_name, is_active
from {{ ref('can_book_accounts__xero') }}
