with members as (
    select receipts.document_key, receipts.order_id, receipts.entity_id, receipts.channel, receipts.document_date,
        receipts.deposit_account_number, receipts.currency_code, 'sales_receipt' as document_type
    from {{ ref('fct_expected_sales_receipts') }} as receipts
    where receipts.held_back_reason is null and not receipts.is_in_books
    union all
    select advances.document_key, advances.order_id, advances.entity_id, advances.channel, advances.document_date,
        advances.deposit_account_number, advances.currency_code, 'sales_receipt'
    from {{ ref('fct_expected_advances') }} as advances
    where advances.held_back_reason is null and not advances.is_in_books
    union all
    select receipts.document_key, receipts.order_id, receipts.entity_id, receipts.channel, receipts.document_date,
        receipts.deposit_account_number, receipts.currency_code, 'refund_receipt'
    from {{ ref('fct_expected_refund_receipts') }} as receipts
    where receipts.held_back_reason is null and not receipts.is_in_books
),

lines as (
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_sales_receipt_lines') }}
    union all
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_advance_lines') }}
    union all
    select document_key, item_name, account_number, line_amount_minor from {{ ref('fct_expected_refund_receipt_lines') }}
),

sums as (
    select
        summaries.document_key, lines.item_name, lines.account_number,
        cast(count(distinct members.document_key) as bigint) as documents,
        {{ sum_minor('lines.line_amount_minor') }} as line_amount_minor
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
    inner join lines on members.document_key = lines.document_key
    group by summaries.document_key, lines.item_name, lines.account_number
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
