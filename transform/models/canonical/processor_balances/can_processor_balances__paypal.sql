with

balances as (
    select * from {{ ref('stg_paypal__balances') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'paypal:' || balances.account_id || ':' || balances.currency_code as balance_id,
        'paypal' as platform,
        balances.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        balances.currency_code,
        -- An answer without the parts is all available; what is withheld is no part of what is available.
        coalesce(balances.available_minor, balances.total_minor - coalesce(balances.withheld_minor, 0)) as available_minor,
        cast(0 as bigint) as pending_minor,
        coalesce(balances.withheld_minor, 0) as withheld_minor,
        balances.as_of_at
    from balances
    left join accounts
        on accounts.platform = 'paypal'
        and balances.account_id = accounts.account_id
)

select * from mapped
