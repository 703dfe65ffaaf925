with

ledger as (
    select entity_id, period_month, account_number, base_currency_code as currency_code,
        {{ sum_minor('base_debits_minor - base_credits_minor') }} as ledger_minor
    from {{ ref('fct_trial_balance') }}
    group by entity_id, period_month, account_number, base_currency_code
),

books as (
    select documents.entity_id, {{ month_key('documents.document_date') }} as period_month, lines.account_number, lines.currency_code,
        {{ sum_minor('lines.signed_minor') }} as books_minor
    from {{ ref('can_book_lines') }} as lines
    inner join {{ ref('can_book_documents') }} as documents using (document_id)
    where not documents.is_deleted
    group by documents.entity_id, {{ month_key('documents.document_date') }}, lines.account_number, lines.currency_code
),

sides as (
    select entity_id, period_month, account_number, currency_code, ledger_minor, cast(0 as bigint) as books_minor from ledger
    union all
    select entity_id, period_month, account_number, currency_code, -signed_minor, 0 from {{ ref('fct_close_corrections') }}
    union all
    select entity_id, corrected_month, account_number, currency_code, signed_minor, 0 from {{ ref('fct_close_corrections') }}
    union all
    select entity_id, period_month, coalesce(account_number, 'unmapped'), currency_code, 0, books_minor from books
),

moved as (
    select entity_id, period_month, account_number, currency_code, {{ sum_minor('ledger_minor') }} as ledger_minor,
        {{ sum_minor('books_minor') }} as books_minor
    from sides
    group by entity_id, period_month, account_number, currency_code
)

select
    moved.entity_id || ':' || moved.period_month || ':' || moved.account_number || ':' || moved.currency_code as close_account_id,
    moved.entity_id, moved.period_month, moved.account_number, accounts.name as account_name, moved.currency_code,
    moved.ledger_minor, moved.books_minor, moved.books_minor - moved.ledger_minor as difference_minor
from moved
left join {{ ref('chart_of_accounts') }} as accounts
    on moved.account_number = cast(accounts.account_number as varchar)
