with receipts as (
    select * from {{ ref('fct_expected_refund_receipts') }}
),

refund_lines as (
    select refund_lines.*, receipts.document_key
    from {{ ref('can_refund_lines') }} as refund_lines
    inner join receipts on refund_lines.refund_id = receipts.refund_id
    where receipts.gives_back != 'advance'
),

returned as (
    select
        document_key,
        case line_type when 'product' then 1 when 'shipping' then 2 else 3 end as place,
        refund_line_id as place_key,
        case line_type
            when 'product' then 'Return' when 'shipping' then 'Shipping refunded' when 'gift_card' then 'Gift card' when 'tip' then 'Tip'
            when 'fee' then 'Customer fee' when 'duty' then 'Duties' when 'adjustment' then 'Allowance' else 'Cash rounding'
        end as item_name,
        {{ line_account('line_type', 'returned') }} as account_number,
        case
            when line_type = 'product' then 'Returned ' || coalesce(sku, 'goods') || ' x ' || cast(quantity as varchar)
            when line_type = 'shipping' then 'Shipping refunded'
            else 'Refunded: ' || line_type
        end as line_description,
        net_minor as line_amount_minor
    from refund_lines
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
),

taxes as (
    select document_key, 4 as place, '' as place_key, 'Sales tax' as item_name, max(accounts.tax) as account_number,
        'Sales tax refunded' as line_description, {{ sum_minor('tax_minor') }} as line_amount_minor
    from refund_lines
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    group by document_key
),

-- Off what waits when it is paid back; put there again when the sale that took all of it off is followed by the return.
deferred as (
    {%- for place, item, account, amount, label in [
        (5, 'Deferred revenue', 'deferred', 'advance_minor', 'Paid before it was sent'),
        (6, 'Sales tax', 'tax', 'advance_tax_minor', 'Sales tax that was due when it was paid'),
    ] %}
    select document_key, {{ place }} as place, '' as place_key, '{{ item }}' as item_name, accounts.{{ account }} as account_number,
        '{{ label }}' as line_description, case gives_back when 'advance' then {{ amount }} else -{{ amount }} end as line_amount_minor
    from receipts
    inner join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    where gives_back != 'sale'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

entries as (
    select * from returned
    union all
    select * from taxes
    union all
    select * from deferred
),

lines as (
    select
        document_key,
        cast(row_number() over (partition by document_key order by place, place_key) as bigint) as line_number,
        item_name,
        account_number,
        line_description,
        cast(line_amount_minor as bigint) as line_amount_minor
    from entries
    where line_amount_minor <> 0
)

select * from lines
