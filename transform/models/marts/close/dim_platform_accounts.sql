with

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

reading_lags as (
    select * from {{ ref('reading_lags') }}
),

-- Orders may come by a way that has no account of its own, such as a file drop.
order_accounts as (
    select distinct orders.entity_id, orders.platform, orders.account_id
    from {{ ref('can_orders') }} as orders
    left join accounts using (platform, account_id)
    where accounts.platform is null
),

feeding as (
    select accounts.entity_id, accounts.platform, accounts.account_id, reading_lags.feeds, reading_lags.lag_hours
    from accounts
    inner join reading_lags using (platform)
    union all
    select order_accounts.entity_id, order_accounts.platform, order_accounts.account_id, 'storefront', coalesce(reading_lags.lag_hours, 0)
    from order_accounts
    left join reading_lags using (platform)
),

platform_accounts as (
    select
        feeding.platform || ':' || feeding.account_id as platform_account_id,
        feeding.entity_id,
        entities.name as entity_name,
        entities.time_zone,
        entities.base_currency_code,
        feeding.platform,
        feeding.account_id,
        feeding.feeds,
        cast(feeding.lag_hours as bigint) as lag_hours
    from feeding
    inner join entities using (entity_id)
)

select * from platform_accounts
