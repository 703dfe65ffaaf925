with

lines as (
    select * from {{ ref('stg_bank__statement_lines') }}
),

accounts as (
    select * from {{ ref('accounts') }}
),

mapped as (
    select
        'bank:' || lines.account_id || ':' || lines.platform_bank_line_id as bank_line_id,
        'bank' as platform,
        lines.account_id,
        coalesce(accounts.entity_id, '{{ var("default_entity") }}') as entity_id,
        lines.platform_bank_line_id,
        lines.value_date,
        lines.amount_minor,
        lines.currency_code,
        lines.description,
        lines.reference
    from lines
    left join accounts
        on accounts.platform = 'bank'
        and lines.account_id = accounts.account_id
)

select * from mapped
