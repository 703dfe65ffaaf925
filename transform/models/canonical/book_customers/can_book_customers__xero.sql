with

contacts as (
    select * from {{ ref('stg_xero__contacts') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'xero:' || contacts.account_id || ':' || contacts.platform_contact_id as book_customer_id,
        'xero' as platform,
        contacts.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        contacts.platform_contact_id as platform_customer_id,
        contacts.contact_name as display_name,
        contacts.contact_name as company_name,
        contacts.tax_number as tax_id,
        cast(null as varchar) as terms_name,
        contacts.is_active,
        contacts.updated_at,
        contacts.contact_number as customer_number
    from contacts
    left join accounts on accounts.platform = 'xero' and contacts.account_id = accounts.account_id
)

select * from mapped
