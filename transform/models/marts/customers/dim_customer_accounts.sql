with records as (
    select
        platform,
        account_id,
        platform_customer_id,
        email,
        created_at,
        row_number() over (
            partition by platform, account_id, platform_customer_id
            order by updated_at desc nulls last, customer_record_id
        ) as newest_first
    from {{ ref('can_customers') }}
    where platform_customer_id is not null
),

-- The account's present e-mail decides; the newest order's e-mail stands in where the record has none.
order_emails as (
    select
        platform,
        account_id,
        platform_customer_id,
        customer_email,
        row_number() over (
            partition by platform, account_id, platform_customer_id
            order by case when customer_email is null then 1 else 0 end, placed_at desc, order_id
        ) as newest_first
    from {{ ref('can_orders') }}
    where platform_customer_id is not null
),

accounts as (
    select platform, account_id, platform_customer_id from records
    union
    select platform, account_id, platform_customer_id from order_emails
),

known as (
    select
        accounts.platform,
        accounts.account_id,
        accounts.platform_customer_id,
        nullif(lower(trim(coalesce(nullif(trim(records.email), ''), order_emails.customer_email))), '') as email,
        records.created_at
    from accounts
    left join records
        on accounts.platform = records.platform
        and accounts.account_id = records.account_id
        and accounts.platform_customer_id = records.platform_customer_id
        and records.newest_first = 1
    left join order_emails
        on accounts.platform = order_emails.platform
        and accounts.account_id = order_emails.account_id
        and accounts.platform_customer_id = order_emails.platform_customer_id
        and order_emails.newest_first = 1
),

identified as (
    select
        {{ digest(['platform', 'account_id', 'platform_customer_id']) }} as customer_account_id,
        platform,
        account_id,
        platform_customer_id,
        email,
        created_at,
        case
            when email is not null then {{ digest(["'email'", 'email']) }}
            else {{ digest(["'account'", 'platform', 'account_id', 'platform_customer_id']) }}
        end as customer_id,
        case when email is not null then 'email' else 'platform_customer' end as identity_rule
    from known
)

select * from identified
