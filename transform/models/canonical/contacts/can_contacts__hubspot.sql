with

contacts as (
    select * from {{ ref('stg_hubspot__contacts') }}
),

archived as (
    select * from {{ ref('stg_hubspot__archived_contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

entities as (
    select * from {{ ref('entities') }}
),

-- A contact merged away is no contact any more: it lives on in the survivor, which names it.
merges as (
    select account_id, ';' || merged_contact_ids || ';' as merged_contact_ids
    from contacts
    where merged_contact_ids is not null
),

-- Archived first seen here (created and archived between two readings) or changed after we last read it alive.
latest as (
    select
        account_id, platform_contact_id, email, segment, r_score, f_score, m_score, as_of_date, net_revenue_major,
        orders_count, rule_version, email_consent, is_archived, updated_at
    from contacts
    where not exists (
        select 1
        from archived
        where
            archived.account_id = contacts.account_id
            and archived.platform_contact_id = contacts.platform_contact_id
            and archived.archived_at >= contacts.updated_at
    )
    union all
    select
        account_id, platform_contact_id, email, segment, r_score, f_score, m_score, as_of_date, net_revenue_major,
        orders_count, rule_version, email_consent, true as is_archived, archived_at as updated_at
    from archived
    where not exists (
        select 1
        from contacts
        where
            contacts.account_id = archived.account_id
            and contacts.platform_contact_id = archived.platform_contact_id
            and contacts.updated_at > archived.archived_at
    )
),

mapped as (
    select
        'hubspot:' || latest.account_id || ':' || latest.platform_contact_id as contact_id,
        'hubspot' as platform,
        latest.account_id,
        latest.platform_contact_id,
        latest.email,
        latest.segment,
        latest.r_score,
        latest.f_score,
        latest.m_score,
        latest.as_of_date,
        {{ to_minor('latest.net_revenue_major', 'entities.base_currency_code') }} as net_revenue_minor,
        latest.orders_count,
        latest.rule_version,
        latest.email_consent,
        latest.is_archived,
        latest.updated_at
    from latest
    left join accounts on accounts.platform = 'hubspot' and latest.account_id = accounts.account_id
    left join entities on coalesce(accounts.entity_id, '{{ var("default_entity") }}') = entities.entity_id
    where not exists (
        select 1
        from merges
        where
            merges.account_id = latest.account_id
            and merges.merged_contact_ids like '%;' || latest.platform_contact_id || ';%'
    )
)

select * from mapped
