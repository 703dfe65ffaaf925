with

balances as (
    select * from {{ ref('stg_stripe__balances') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

per_currency as (
    select
        account_id,
        currency_code,
        {{ sum_minor("case when balance_part = 'available' then amount_minor else 0 end") }} as available_minor,
        {{ sum_minor("case when balance_part = 'pending' then amount_minor else 0 end") }} as pending_minor,
        max(as_of_at) as as_of_at
    from balances
    group by account_id, currency_code
),

mapped as (
    select
        'stripe:' || per_currency.account_id || ':' || per_currency.currency_code as balance_id,
        'stripe' as platform,
        per_currency.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        per_currency.currency_code,
        per_currency.available_minor,
        per_currency.pending_minor,
        -- Its balance does not tell what it holds in reserve.
        cast(null as bigint) as withheld_minor,
        per_currency.as_of_at
    from per_currency
    left join accounts
        on accounts.platform = 'stripe'
        and per_currency.account_id = accounts.account_id
)

select * from mapped
