with

links as (
    select * from {{ ref('stg_quickbooks__document_links') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'quickbooks:' || links.account_id || ':' || links.platform_document_id || ':' || cast(links.line_number as varchar)
            || ':' || cast(links.link_number as varchar) as book_link_id,
        'quickbooks' as platform,
        links.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        'quickbooks:' || links.account_id || ':' || links.platform_document_id as document_id,
        'quickbooks:' || links.account_id || ':' || links.platform_linked_id as linked_document_id,
        links.linked_type,
        links.amount_minor,
        links.currency_code
    from links
    left join accounts on accounts.platform = 'quickbooks' and links.account_id = accounts.account_id
)

select * from mapped
