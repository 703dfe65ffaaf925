with

matches as (
    select * from {{ ref('fct_book_matches') }} where not is_deleted
),

events as (
    select * from {{ ref('fct_book_events') }} where event_type = 'sale'
),

pairs as (
    select matches.document_id, matches.currency_code, events.order_id
    from matches
    inner join events using (book_event_id)
),

-- Goods line by line and shipping line by line, smallest first: if the lines pair up at all, they pair up in this order.
-- Free shipping is a line of nought in some storefronts and no line in the books.
expected as (
    select
        pairs.document_id,
        pairs.currency_code,
        order_lines.line_type,
        order_lines.gross_minor,
        row_number() over (
            partition by pairs.document_id, order_lines.line_type order by order_lines.gross_minor, order_lines.order_line_id
        ) as nth
    from pairs
    inner join {{ ref('can_order_lines') }} as order_lines using (order_id)
    where order_lines.line_type in ('product', 'shipping') and order_lines.gross_minor != 0
),

typed as (
    select
        pairs.document_id,
        case book_lines.account_number when accounts.sale_product then 'product' else 'shipping' end as line_type,
        -book_lines.signed_minor as booked_minor,
        row_number() over (
            partition by pairs.document_id, book_lines.account_number order by -book_lines.signed_minor, book_lines.line_number
        ) as nth
    from pairs
    inner join {{ ref('can_book_lines') }} as book_lines using (document_id)
    inner join {{ ref('dim_posting_accounts') }} as accounts on book_lines.entity_id = accounts.entity_id
    where book_lines.account_number in (accounts.sale_product, accounts.sale_shipping) and book_lines.signed_minor != 0
),

compared as (
    select
        coalesce(expected.document_id, typed.document_id) as document_id,
        typed.booked_minor - expected.gross_minor as rounding_minor,
        coalesce(
            mod(typed.booked_minor, {{ minor_units_per_major('expected.currency_code') }}) = 0
            and abs(typed.booked_minor - expected.gross_minor) < {{ minor_units_per_major('expected.currency_code') }},
            false
        ) as is_rounded
    from expected
    full outer join typed
        on expected.document_id = typed.document_id
        and expected.line_type = typed.line_type
        and expected.nth = typed.nth
),

roundings as (
    select
        document_id,
        {{ sum_minor('coalesce(rounding_minor, 0)') }} as rounding_minor,
        min(case when is_rounded then 1 else 0 end) = 1 as is_each_line_rounded
    from compared
    group by document_id
)

select * from roundings
