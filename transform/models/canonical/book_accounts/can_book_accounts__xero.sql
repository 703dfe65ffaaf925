select
    'xero:' || book_accounts.account_id || ':' || book_accounts.platform_account_id as book_account_id,
    'xero' as platform,
    book_accounts.account_id,
    coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
    book_accounts.account_number,
    book_accounts.account_name,
    book_accounts.is_active
from {{ ref('stg_xero__accounts') }} as book_accounts
left join {{ ref('accounts') }} as accounts on accounts.platform = 'xero' and book_accounts.account_id = accounts.account_id
