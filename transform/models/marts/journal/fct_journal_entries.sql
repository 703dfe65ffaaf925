with

lines as (
    select * from {{ ref('fct_journal_lines') }}
),

accounts as (
    select account_number from {{ ref('chart_of_accounts') }}
),

judged as (
    select
        lines.entity_id, lines.entry_id, lines.event_id, lines.recipe, lines.entry_date, lines.period_month, lines.base_currency_code,
        count(*) as lines,
        {{ sum_minor('case when lines.signed_base_minor > 0 then lines.signed_base_minor else 0 end') }} as base_amount_minor,
        {{ sum_minor('lines.signed_base_minor') }} as base_residue_minor,
        case when count(distinct lines.currency_code) = 1 then {{ sum_minor('lines.signed_minor') }} else 0 end as residue_minor,
        count(*) - count(lines.signed_base_minor) as unrated_lines,
        min(case when lines.signed_base_minor is null then lines.currency_code end) as unrated_currency_code,
        min(case when lines.account_number is null then trim(lines.posting_key || ' ' || lines.detail) end) as unmapped_posting,
        min(case when lines.account_number is not null and accounts.account_number is null then lines.account_number end) as unknown_account_number
    from lines
    left join accounts using (account_number)
    group by lines.entity_id, lines.entry_id, lines.event_id, lines.recipe, lines.entry_date, lines.period_month, lines.base_currency_code
),

coded as (
    select
        *,
        case
            when unmapped_posting is not null then 'unmapped_account'
            when unknown_account_number is not null then 'unknown_account'
            when unrated_lines > 0 then 'CUR-03'
            when residue_minor != 0 or base_residue_minor != 0 then 'unbalanced'
        end as held_code
    from judged
)

select
    entity_id, entry_id, event_id, recipe, entry_date, period_month, lines, base_amount_minor, base_currency_code,
    case when held_code is null then 'ready' else 'held' end as entry_status,
    held_code,
    case held_code
        when 'unmapped_account' then 'no posting rule of ' || entity_id || ' names an account for: ' || unmapped_posting
        when 'unknown_account' then 'the chart of accounts has no account ' || unknown_account_number
        when 'CUR-03' then 'no book rate from ' || unrated_currency_code || ' to ' || base_currency_code || ' for the day of one of its lines'
        when 'unbalanced' then 'debits and credits differ by ' || cast(residue_minor as varchar) || ' minor units'
    end as held_because
from coded
