select
    contact_id, platform, account_id, platform_contact_id, email, segment, r_score, f_score, m_score,
    as_of_date, net_revenue_minor, orders_count, rule_version, email_consent, is_archived, updated_at
from {{ ref('can_contacts__hubspot') }}

union all

select
    contact_id, platform, account_id, platform_contact_id, email, segment, r_score, f_score, m_score,
    as_of_date, net_revenue_minor, orders_count, rule_version, email_consent, is_archived, updated_at
from {{ ref('can_contacts__klaviyo') }}
