with

lines as (
    select lines.*
    from {{ ref('fct_journal_lines') }} as lines
    inner join {{ ref('fct_journal_entries') }} as entries using (entry_id)
    where entries.entry_status = 'ready'
),

accounts as (
    select * from {{ ref('chart_of_accounts') }}
),

monthly as (
    select
        entity_id, period_month, account_number, currency_code, base_currency_code,
        {{ sum_minor('case when signed_minor > 0 then signed_minor else 0 end') }} as debits_minor,
        {{ sum_minor('case when signed_minor < 0 then -signed_minor else 0 end') }} as credits_minor,
        {{ sum_minor('case when signed_base_minor > 0 then signed_base_minor else 0 end') }} as base_debits_minor,
        {{ sum_minor('case when signed_base_minor < 0 then -signed_base_minor else 0 end') }} as base_credits_minor
    from lines
    group by entity_id, period_month, account_number, currency_code, base_currency_code
),

months as (
    select distinct entity_id, period_month from monthly
),

balances as (
    select entity_id, account_number, currency_code, base_currency_code, min(period_month) as first_month
    from monthly
    group by entity_id, account_number, currency_code, base_currency_code
),

-- An account keeps its row in every month after its first, also in one without a posting.
filled as (
    select
        balances.entity_id, months.period_month, balances.account_number, balances.currency_code, balances.base_currency_code,
        coalesce(monthly.debits_minor, 0) as debits_minor, coalesce(monthly.credits_minor, 0) as credits_minor,
        coalesce(monthly.base_debits_minor, 0) as base_debits_minor, coalesce(monthly.base_credits_minor, 0) as base_credits_minor
    from balances
    inner join months
        on balances.entity_id = months.entity_id
        and balances.first_month <= months.period_month
    left join monthly
        on balances.entity_id = monthly.entity_id
        and months.period_month = monthly.period_month
        and balances.account_number = monthly.account_number
        and balances.currency_code = monthly.currency_code
        and balances.base_currency_code = monthly.base_currency_code
),

rolled as (
    select
        *,
        {%- for prefix in ['', 'base_'] %}
        cast(sum({{ prefix }}debits_minor - {{ prefix }}credits_minor) over (
            partition by entity_id, account_number, currency_code, base_currency_code order by period_month rows unbounded preceding
        ) as bigint) as {{ prefix }}closing_minor{{ ',' if not loop.last }}
        {%- endfor %}
    from filled
)

select
    rolled.entity_id, rolled.period_month, rolled.account_number, accounts.name as account_name, accounts.account_type, rolled.currency_code,
    rolled.closing_minor - rolled.debits_minor + rolled.credits_minor as opening_minor, rolled.debits_minor, rolled.credits_minor,
    rolled.closing_minor, rolled.base_currency_code,
    rolled.base_closing_minor - rolled.base_debits_minor + rolled.base_credits_minor as base_opening_minor, rolled.base_debits_minor,
    rolled.base_credits_minor, rolled.base_closing_minor
from rolled
left join accounts using (account_number)
