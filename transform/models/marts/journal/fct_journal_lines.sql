with

events as (
    select * from {{ ref('fct_money_events') }}
),

entries as (
    select * from {{ ref('fct_entry_contents') }}
),

period_lines as (
    select * from {{ ref('fct_revaluation_lines') }}
    union all
    select * from {{ ref('fct_returns_provision_lines') }}
),

lines as (
    select
        events.entity_id,
        entries.entry_id,
        events.event_id,
        events.recipe,
        events.event_date as entry_date,
        events.period_month,
        postings.line_number,
        postings.posting_key,
        postings.detail,
        postings.account_number,
        postings.sub_account,
        postings.tax_code,
        case when postings.signed_minor > 0 then 'debit' else 'credit' end as side,
        abs(postings.signed_minor) as amount_minor,
        postings.signed_minor,
        postings.currency_code,
        abs(postings.signed_base_minor) as base_amount_minor,
        postings.signed_base_minor,
        postings.base_currency_code,
        postings.remainder_minor,
        coalesce(postings.order_id, events.order_id) as order_id,
        events.refund_id,
        coalesce(postings.movement_id, events.movement_id) as movement_id,
        events.payout_id,
        events.dispute_id,
        postings.source
    from {{ ref('fct_rated_postings') }} as postings
    inner join events using (event_id)
    inner join entries using (event_id)
)

select * from lines
union all
select * from period_lines
