with

organisations as (
    select account_id, upper(base_currency) as base_currency_code from {{ source('raw_xero', 'organisations') }}
),

source as (
    select * from {{ source('raw_xero', 'trial_balances') }}
),

sections as (
    select
        source.account_id, source.period_end, organisations.base_currency_code as currency_code,
        sections.item as section
    from source
    left join organisations using (account_id)
    cross join {{ json_items('source.rows') | replace('as items', 'as sections') }}
),

lines as (
    select sections.account_id, sections.period_end, sections.currency_code, items.item as line
    from sections
    cross join {{ json_items(json_value('sections.section', 'Rows')) }}
),

cells as (
    select
        account_id, period_end, currency_code,
        {{ json_text('line', 'Cells[0].Attributes[0].Value') }} as platform_account_id,
        {{ json_text('line', 'Cells[0].Value') }} as account_name,
        {%- for name, cell in [('debit', 1), ('credit', 2), ('year_debit', 3), ('year_credit', 4)] %}
        {{ to_minor("cast(coalesce(nullif(" ~ json_text('line', 'Cells[' ~ cell ~ '].Value') ~ ", ''), '0') as decimal(28, 6))", 'currency_code') }} as {{ name }}_minor,
        {%- endfor %}
        {{ json_text('line', 'RowType') }} as row_type
    from lines
),

renamed as (
    select
        account_id, period_end, platform_account_id, account_name, currency_code,
        debit_minor - credit_minor as month_minor,
        year_debit_minor - year_credit_minor as year_minor
    from cells
    where row_type = 'Row'
)

select * from renamed
