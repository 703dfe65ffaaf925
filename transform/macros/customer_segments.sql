{# What a platform of messages should know of each customer, beside what it holds: `record` is its word for one. Who took consent back is left out where a segment leads to a message. #}
{% macro customer_segments(platform, title, record, to_the_unsubscribed) -%}
with customers as (
    select * from {{ ref('dim_customers') }} where is_resolvable and email is not null
),

contacts as (
    select * from {{ ref('dim_contacts') }} where platform = '{{ platform }}'
),

customer_segments as (
    select
        customers.email as record_key,
        customers.email,
        rfm.segment,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.as_of_date,
        customers.net_revenue_minor,
        customers.orders as orders_count,
        rfm.rule_version,
        contacts.email as observed_email,
        contacts.segment as observed_segment,
        contacts.r_score as observed_r_score,
        contacts.f_score as observed_f_score,
        contacts.m_score as observed_m_score,
        contacts.as_of_date as observed_as_of_date,
        contacts.net_revenue_minor as observed_net_revenue_minor,
        contacts.orders_count as observed_orders_count,
        contacts.rule_version as observed_rule_version,
        cast(null as bigint) as money_minor,
        customers.currency_code,
        rfm.segment
            || case when rfm.r_score is null then '' else ' (R' || cast(rfm.r_score as varchar) || ' F'
                || cast(rfm.f_score as varchar) || ' M' || cast(rfm.m_score as varchar) || '): last order '
                || cast(rfm.recency_days as varchar) || case when rfm.recency_days = 1 then ' day' else ' days' end || ' ago (R' || cast(rfm.r_score as varchar)
                || ' reaches to ' || cast(rfm.r_cut_off as varchar) || '), ' || cast(rfm.frequency as varchar)
                || case when rfm.frequency = 1 then ' purchase, ' else ' purchases, ' end
                || {{ money_text('rfm.monetary_minor', 'rfm.currency_code') }} || ' ' || rfm.currency_code || ' net' end
            || '; {{ title }} '
            || case when contacts.email is null then 'has no such {{ record }}'
                else 'says ' || coalesce(contacts.segment, 'nothing') end as reason,
        customers.customer_id as source_key
    from customers
    inner join {{ ref('fct_rfm') }} as rfm on customers.customer_id = rfm.customer_id
    left join contacts on customers.email = contacts.email
    where
        coalesce(contacts.is_archived, false) = false
        {%- if not to_the_unsubscribed %}
        and coalesce(contacts.email_consent, 'never_subscribed') <> 'unsubscribed'
        {%- endif %}
)

select * from customer_segments
{%- endmacro %}
