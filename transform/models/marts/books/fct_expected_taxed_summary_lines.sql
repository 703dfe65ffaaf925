with

members as (
    select document_key, order_id, entity_id, channel, document_date, deposit_account_number, currency_code, 'sales_receipt' as document_type
    from {{ ref('fct_expected_sales_receipts') }}
    where held_back_reason is null and not is_in_books
    union all
    select document_key, order_id, entity_id, channel, document_date, deposit_account_number, currency_code, 'sales_receipt'
    from {{ ref('fct_expected_advances') }}
    where held_back_reason is null and not is_in_books
    union all
    select document_key, order_id, entity_id, channel, document_date, deposit_account_number, currency_code, 'refund_receipt'
    from {{ ref('fct_expected_refund_receipts') }}
    where held_back_reason is null and not is_in_books
),

sums as (
    select
        summaries.document_key, summaries.entity_id, lines.account_number, lines.tax_code, lines.platform_tax_code, lines.is_tax_mapped,
        cast(count(distinct members.document_key) as bigint) as documents,
        {{ sum_minor('lines.line_amount_minor') }} as line_amount_minor,
        {{ sum_minor('lines.line_tax_minor') }} as line_tax_minor
    from {{ ref('fct_expected_receipt_summaries') }} as summaries
    inner join members
        on summaries.document_type = members.document_type
        and summaries.entity_id = members.entity_id
        and summaries.channel = members.channel
        and summaries.document_date = members.document_date
        and summaries.deposit_account_number = members.deposit_account_number
        and summaries.currency_code = members.currency_code
    inner join {{ ref('fct_order_book_policies') }} as policies
        on members.order_id = policies.order_id
        and summaries.customer_type = policies.customer_type
        and policies.booking_policy = 'daily_summary'
    inner join {{ ref('fct_expected_taxed_lines') }} as lines on members.document_key = lines.document_key
    group by summaries.document_key, summaries.entity_id, lines.account_number, lines.tax_code, lines.platform_tax_code, lines.is_tax_mapped
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
