with

sums as (
    select
        members.summary_key as document_key, members.entity_id, lines.account_number, lines.tax_code, lines.platform_tax_code, lines.is_tax_mapped,
        cast(count(distinct members.document_key) as bigint) as documents,
        {{ sum_minor('lines.line_amount_minor') }} as line_amount_minor,
        {{ sum_minor('lines.line_tax_minor') }} as line_tax_minor
    from {{ ref('fct_expected_summary_members') }} as members
    inner join {{ ref('fct_expected_taxed_lines') }} as lines on members.document_key = lines.document_key
    group by members.summary_key, members.entity_id, lines.account_number, lines.tax_code, lines.platform_tax_code, lines.is_tax_mapped
),

numbered as (
    select
        document_key,
        cast(row_number() over (
            partition by document_key order by account_number, tax_code nulls first, is_tax_mapped
        ) as bigint) as line_number,
        entity_id, account_number,
        'Account ' || account_number || ' of ' || cast(documents as varchar) || case when documents = 1 then ' order' else ' orders' end
            || coalesce(', ' || tax_code, '') as line_description,
        line_amount_minor, line_tax_minor, tax_code, platform_tax_code, is_tax_mapped
    from sums
    where line_amount_minor != 0 or line_tax_minor != 0
)

select * from numbered
