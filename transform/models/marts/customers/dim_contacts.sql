-- Two contacts with one e-mail in one tool are one person there: the tool's newest, living record speaks.
with ranked as (
    select
        *,
        row_number() over (
            partition by platform, account_id, email
            order by case when is_archived then 1 else 0 end, updated_at desc nulls last, contact_id
        ) as preference
    from {{ ref('can_contacts') }}
    where email is not null
),

contacts as (
    select
        ranked.contact_id,
        ranked.platform,
        ranked.account_id,
        ranked.email,
        customers.customer_id,
        ranked.segment,
        ranked.r_score,
        ranked.f_score,
        ranked.m_score,
        ranked.as_of_date,
        ranked.net_revenue_minor,
        ranked.orders_count,
        ranked.rule_version,
        ranked.email_consent,
        coalesce(ranked.is_archived, false) as is_archived,
        ranked.updated_at
    from ranked
    left join {{ ref('dim_customers') }} as customers on ranked.email = customers.email
    where ranked.preference = 1
)

select * from contacts
