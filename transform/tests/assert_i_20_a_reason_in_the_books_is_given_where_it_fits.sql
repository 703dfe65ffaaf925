{{ config(tags=['identity'], meta={'spares': 'goods', 'identity': 'I-20', 'severity': 'blocks'}) }}
-- I-20: where the one document of a sale is off by just the tax of its order and bears none (TAX-04), by its gift cards (LIA-01) or by its discount
-- (BKS-07), the difference has that reason, in this order. What rounding explains (RND-03) is the income typed less the goods and shipping sold, and its smallest
-- and its largest line of each kind are whole units less than one off; where there are no lines between them, that is all it takes.
-- A failure means that a person is sent to look for what a rule knows. What no rule explains is UNX-00 and no failure here.
with

typed as (
    select
        document_id, -sum(case when account_number = accounts.tax then signed_minor else 0 end) as typed_tax_minor,
        -sum(case when account_number = accounts.tender_gift_card and signed_minor < 0 then signed_minor else 0 end) as typed_gift_card_minor,
        sum(case when account_number = accounts.discount then signed_minor else 0 end) as typed_discount_minor,
        {%- for name, account in [('goods', 'accounts.sale_product'), ('shipping', 'accounts.sale_shipping')] %}
        count(case when account_number = {{ account }} and signed_minor != 0 then 1 end) as typed_{{ name }}_lines,
        -sum(case when account_number = {{ account }} then signed_minor else 0 end) as typed_{{ name }}_minor,
        min(case when account_number = {{ account }} and signed_minor != 0 then -signed_minor end) as typed_{{ name }}_least,
        max(case when account_number = {{ account }} and signed_minor != 0 then -signed_minor end) as typed_{{ name }}_most{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('can_book_lines') }}
    left join {{ ref('dim_posting_accounts') }} as accounts using (entity_id)
    group by document_id
),

sold as (
    select
        order_id, sum(tax_minor) as tax_minor, sum(case when line_type = 'gift_card' then net_minor else 0 end) as gift_card_minor,
        sum(case when line_type in ('product', 'shipping', 'fee') then discount_minor else 0 end) as discount_minor,
        {%- for name, line_type in [('goods', 'product'), ('shipping', 'shipping')] %}
        count(case when line_type = '{{ line_type }}' and gross_minor != 0 then 1 end) as {{ name }}_lines,
        sum(case when line_type = '{{ line_type }}' then gross_minor else 0 end) as {{ name }}_minor,
        min(case when line_type = '{{ line_type }}' and gross_minor != 0 then gross_minor end) as {{ name }}_least,
        max(case when line_type = '{{ line_type }}' and gross_minor != 0 then gross_minor end) as {{ name }}_most{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('can_order_lines') }}
    group by order_id
),

documents as (
    select matches.document_id, events.order_id, {{ minor_units_per_major('matches.currency_code') }} as unit_minor,
        count(*) over (partition by matches.book_event_id) as copies
    from {{ ref('fct_book_matches') }} as matches
    inner join {{ ref('fct_book_events') }} as events using (book_event_id)
    where not matches.is_deleted and events.event_type = 'sale'
),

compared as (
    select documents.document_id, documents.unit_minor, documents.copies, sold.* exclude (order_id), typed.* exclude (document_id)
    from documents
    inner join sold on documents.order_id = sold.order_id
    inner join typed on documents.document_id = typed.document_id
),

fitting as (
    select differences.difference_id, differences.reason_code,
        case
            when differences.amount_minor = compared.tax_minor and compared.typed_tax_minor = 0 then 'TAX-04'
            when differences.amount_minor = compared.gift_card_minor and compared.typed_gift_card_minor = 0 then 'LIA-01'
            when differences.amount_minor = compared.discount_minor and compared.typed_discount_minor = 0 then 'BKS-07'
        end as fitting_code
    from {{ ref('fct_book_differences') }} as differences
    inner join compared on differences.difference_id = 'books:' || compared.document_id || ':amount'
    where compared.copies = 1
),

rounded as (
    select
        compared.document_id, roundings.document_id is not null as is_there, roundings.rounding_minor, roundings.is_each_line_rounded,
        goods_lines + shipping_lines + typed_goods_lines + typed_shipping_lines as lines,
        goods_lines = typed_goods_lines and shipping_lines = typed_shipping_lines as is_line_by_line,
        greatest(goods_lines, shipping_lines) in (1, 2) as is_told_by_its_ends,
        typed_goods_minor + typed_shipping_minor - goods_minor - shipping_minor as off_minor,
        true
        {%- for end in ['goods_least', 'goods_most', 'shipping_least', 'shipping_most'] %}
        and coalesce(mod(typed_{{ end }}, unit_minor) = 0 and abs(typed_{{ end }} - {{ end }}) < unit_minor, typed_{{ end }} is null)
        {%- endfor %} as are_ends_whole
    from compared
    left join {{ ref('fct_book_roundings') }} as roundings using (document_id)
)

select difference_id as reference from fitting where fitting_code is not null and reason_code != fitting_code
union all
select document_id
from rounded
where (lines > 0) != is_there
    or (is_line_by_line and rounding_minor != off_minor)
    or (is_each_line_rounded and not (is_line_by_line and are_ends_whole))
    or (is_line_by_line and is_told_by_its_ends and is_each_line_rounded != are_ends_whole)
