with

source as (
    select * from {{ source('raw_klaviyo', 'profiles') }}
),

opened as (
    select
        *,
        {{ json_text('subscriptions', 'email.marketing.consent') }} as platform_consent,
        {{ json_text('subscriptions', 'email.marketing.suppression[0].reason') }} as suppression_reason
    from source
),

renamed as (
    select
        ---------- ids
        account_id,
        id as platform_contact_id,
        external_id,
        nullif(lower(trim(email)), '') as email,
        nullif(trim(phone_number), '') as phone,
        ---------- what we wrote; a person may have typed over it, so what can't be read is null and will be rewritten
        nullif({{ json_text('properties', 'cartwheel_segment') }}, '') as segment,
        try_cast({{ json_text('properties', 'cartwheel_r_score') }} as bigint) as r_score,
        try_cast({{ json_text('properties', 'cartwheel_f_score') }} as bigint) as f_score,
        try_cast({{ json_text('properties', 'cartwheel_m_score') }} as bigint) as m_score,
        try_cast({{ json_text('properties', 'cartwheel_as_of') }} as date) as as_of_date,
        try_cast({{ json_text('properties', 'cartwheel_net_revenue') }} as decimal(28, 6)) as net_revenue_major,
        try_cast({{ json_text('properties', 'cartwheel_orders') }} as bigint) as orders_count,
        nullif({{ json_text('properties', 'cartwheel_rule_version') }}, '') as rule_version,
        ---------- states
        platform_consent,
        suppression_reason,
        -- A suppressed address gets no mail whatever its consent says, and nobody may be told otherwise.
        case
            when suppression_reason is not null or platform_consent = 'UNSUBSCRIBED' then 'unsubscribed'
            when platform_consent = 'SUBSCRIBED' then 'subscribed'
            when platform_consent = 'NEVER_SUBSCRIBED' then 'never_subscribed'
            when platform_consent is null and subscriptions is not null then 'never_subscribed'
            else 'unmapped'
        end as email_consent,
        ---------- timestamps
        {{ utc_timestamp('created') }} as created_at,
        {{ utc_timestamp('updated') }} as updated_at
    from opened
)

select * from renamed
