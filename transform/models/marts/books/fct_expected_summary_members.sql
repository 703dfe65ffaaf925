with

receipts as (
    {%- for document_type, expected in [
        ('sales_receipt', 'fct_expected_sales_receipts'), ('sales_receipt', 'fct_expected_advances'), ('refund_receipt', 'fct_expected_refund_receipts'),
    ] %}
    select '{{ document_type }}' as document_type, document_key, order_id, entity_id, channel, document_date, customer_name, deposit_account_number,
        total_minor, currency_code
    from {{ ref(expected) }}
    where held_back_reason is null and not is_in_books
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A day that is not over may still get orders; its summary waits for the next morning.
members as (
    select
        receipts.document_key,
        'je:' || receipts.entity_id || ':' || receipts.channel || ':' || policies.customer_type || ':'
            -- A key outlives other account numbers: it names the money as the house's first chart numbered it.
            || case receipts.deposit_account_number
                when accounts.clearing then '1100' when accounts.tender_manual then '1140' when accounts.tender_gift_card then '2200' else '2210'
            end || ':' || receipts.currency_code || ':' || cast(receipts.document_date as varchar)
            || case receipts.document_type when 'sales_receipt' then ':sales:0' else ':refunds:0' end as summary_key,
        receipts.document_type, receipts.order_id, receipts.entity_id, receipts.channel, policies.customer_type, receipts.document_date,
        receipts.customer_name, receipts.deposit_account_number, receipts.total_minor, receipts.currency_code
    from receipts
    inner join {{ ref('fct_order_book_policies') }} as policies on receipts.order_id = policies.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on receipts.entity_id = accounts.entity_id
    where policies.booking_policy = 'daily_summary' and receipts.document_date < {{ as_of_date() }}
)

select * from members
