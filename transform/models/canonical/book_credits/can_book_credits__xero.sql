with

credits as (
    select * from {{ ref('stg_xero__credit_allocations') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'xero:' || credits.account_id || ':' || credits.platform_document_id || ':' || credits.platform_allocation_id as book_credit_id,
        'xero' as platform,
        credits.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        'xero:' || credits.account_id || ':' || credits.platform_document_id as document_id,
        credits.credit_part,
        credits.invoice_number,
        credits.amount_minor,
        credits.currency_code,
        credits.loaded_at
    from credits
    left join accounts on accounts.platform = 'xero' and credits.account_id = accounts.account_id
)

select * from mapped
