with

customers as (
    select * from {{ ref('stg_quickbooks__customers') }}
),

terms as (
    select * from {{ ref('stg_quickbooks__terms') }}
),

deletions as (
    select * from {{ ref('stg_quickbooks__deletions') }} where record_type = 'customer'
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'quickbooks:' || customers.account_id || ':' || customers.platform_customer_id as book_customer_id,
        'quickbooks' as platform,
        customers.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        customers.platform_customer_id,
        customers.display_name,
        customers.company_name,
        customers.tax_id,
        terms.terms_name,
        customers.is_active and deletions.platform_record_id is null as is_active,
        customers.updated_at,
        cast(null as varchar) as customer_number
    from customers
    left join terms
        on customers.account_id = terms.account_id and customers.platform_terms_id = terms.platform_terms_id
    left join deletions
        on customers.account_id = deletions.account_id and customers.platform_customer_id = deletions.platform_record_id
    left join accounts on accounts.platform = 'quickbooks' and customers.account_id = accounts.account_id
)

select * from mapped
