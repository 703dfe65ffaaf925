with

documents as (
    -- A correction of a sale or refund bears taxes by their codes, and is written as the document it corrects.
    select documents.*
    from {{ ref('fct_expected_journal_documents') }} as documents
    left join {{ ref('fct_expected_corrections') }} as corrections using (document_key)
    where corrections.document_key is null
),

lines as (
    select * from {{ ref('fct_expected_journal_lines') }}
),

movements as (
    select movement_id, platform from {{ ref('can_processor_movements') }}
),

-- Books that take documents can not journal a bank account: what a document moves on clearing is money received or spent.
through_clearing as (
    select
        document_key,
        {{ sum_minor("case when lines.account_number != accounts.clearing then 0 when side = 'debit' then line_amount_minor else -line_amount_minor end") }}
            as signed_minor,
        bool_or(lines.account_number = accounts.bank) as is_at_bank
    from lines
    inner join {{ ref('dim_posting_accounts') }} as accounts on lines.entity_id = accounts.entity_id
    group by document_key
),

transactions as (
    select
        documents.document_key,
        documents.movement_id,
        documents.entity_id,
        coalesce(movements.platform, 'customers') as platform,
        documents.document_date,
        documents.title,
        case when through_clearing.signed_minor < 0 then 'spent' else 'received' end as direction,
        accounts.clearing as clearing_account_number,
        case when through_clearing.is_at_bank then accounts.bank end as bank_account_number,
        cast(abs(through_clearing.signed_minor) as bigint) as total_minor,
        documents.currency_code,
        documents.is_in_books,
        case
            when documents.held_back_reason is not null then documents.held_back_reason
            when coalesce(through_clearing.signed_minor, 0) = 0 then 'not_through_clearing'
            when through_clearing.is_at_bank then 'between_bank_accounts'
        end as held_back_reason
    from documents
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    left join movements using (movement_id)
    left join through_clearing using (document_key)
)

select * from transactions
