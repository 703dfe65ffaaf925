with

profiles as (
    select * from {{ ref('stg_klaviyo__profiles') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

mapped as (
    select
        'klaviyo:' || profiles.account_id || ':' || profiles.platform_contact_id as contact_id,
        'klaviyo' as platform,
        profiles.account_id,
        profiles.platform_contact_id,
        profiles.email,
        profiles.segment,
        profiles.r_score,
        profiles.f_score,
        profiles.m_score,
        profiles.as_of_date,
        {{ to_minor('profiles.net_revenue_major', 'entities.base_currency_code') }} as net_revenue_minor,
        profiles.orders_count,
        profiles.rule_version,
        profiles.email_consent,
        false as is_archived,
        profiles.updated_at
    from profiles
    left join accounts on accounts.platform = 'klaviyo' and profiles.account_id = accounts.account_id
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
)

select * from mapped
