with lines as (
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_sales_receipt_lines') }}
    union all
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_advance_lines') }}
    union all
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_refund_receipt_lines') }}
),

sums as (
    select
        members.summary_key as document_key, lines.item_name, lines.account_number,
        cast(count(distinct members.document_key) as bigint) as documents,
        {{ sum_minor('lines.line_amount_minor') }} as line_amount_minor
    from {{ ref('fct_expected_summary_members') }} as members
    inner join lines on members.document_key = lines.document_key
    group by members.summary_key, lines.item_name, lines.account_number
),

numbered as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by account_number, item_name) as bigint) as line_number,
        item_name, account_number,
        item_name || ' of ' || cast(documents as varchar) || case when documents = 1 then ' order' else ' orders' end as line_description,
        line_amount_minor
    from sums
    where line_amount_minor <> 0
)

select * from numbered
