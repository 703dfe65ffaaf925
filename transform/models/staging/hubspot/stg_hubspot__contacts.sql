with

source as (
    select * from {{ source('raw_hubspot', 'contacts') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        id as platform_contact_id,
        nullif(lower(trim({{ json_text('properties', 'email') }})), '') as email,
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
        case lower(coalesce(nullif({{ json_text('properties', 'hs_email_optout') }}, ''), 'false'))
            when 'true' then 'unsubscribed'
            when 'false' then 'never_subscribed'
            else 'unmapped'
        end as email_consent,
        nullif({{ json_text('properties', 'hs_merged_object_ids') }}, '') as merged_contact_ids,
        coalesce(archived, false) as is_archived,
        {{ utc_timestamp('updated_at') }} as updated_at
    from source
)

select * from renamed
