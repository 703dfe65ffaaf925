with

orders as (
    select * from {{ ref('fct_order_contents') }}
),

shares as (
    select * from {{ ref('fct_book_shares') }}
),

-- The orders once more, by what was sold instead of by how it was paid: what of it is never revenue, and what is not yet.
contents as (
    {%- for column, key, component in [
        ('tax_minor', 'LIA-04', 'tax'), ('gift_card_minor', 'LIA-03', 'gift card sold'), ('tip_minor', 'LIA-02', 'tip or duty'),
        ('cash_rounding_minor', 'RND-02', 'cash rounding'), ('tax_rounding_minor', 'TAX-06', 'rounding of tax'), ('unlisted_minor', 'UNX-00', 'in no line'),
    ] %}
    select 'content:' || order_id || ':{{ key }}' as money_atom_id, '{{ component }}' as component, entity_id, currency_code, order_id,
        cast(null as varchar) as refund_id, cast(null as varchar) as document_id, {{ column }} as contents_minor, order_date as contents_date,
        cast(null as bigint) as recognised_minor, cast(null as date) as recognised_date, cast(null as bigint) as books_minor, cast(null as date) as books_date
    from orders
    where {{ column }} != 0
    union all
    {%- endfor %}
    select 'revenue:je:' || entity_id || ':' || order_id || ':captured:0', 'revenue', entity_id, currency_code, order_id, null, null, revenue_minor, order_date,
        null, null, null, null
    from orders
    where revenue_minor != 0 and recognised_date is null
),

revenue as (
    select
        shares.money_atom_id, case when shares.nth > 1 and shares.share_minor = 0 then 'another document of an event' else 'revenue' end as component,
        shares.entity_id, shares.currency_code, shares.order_id, shares.refund_id, shares.document_id,
        case when shares.event_type = 'sale' then shares.share_minor end as contents_minor,
        case when shares.event_type = 'sale' then orders.order_date end as contents_date,
        shares.share_minor as recognised_minor, shares.event_date as recognised_date,
        shares.booked_revenue_minor as books_minor, shares.document_date as books_date
    from shares
    left join orders on shares.order_id = orders.order_id
    where coalesce(shares.nth, 1) = 1 or shares.booked_revenue_minor != 0
),

lone_documents as (
    select 'document:' || document_id as money_atom_id, 'document without an event' as component, entity_id, currency_code, cast(null as varchar) as order_id,
        cast(null as varchar) as refund_id, document_id, null as contents_minor, null as contents_date, null as recognised_minor, null as recognised_date,
        amount_minor as books_minor, document_date as books_date
    from {{ ref('fct_lone_book_documents') }}
),

atoms as (
    select * from contents
    union all
    select * from revenue
    union all
    select * from lone_documents
)

select * from atoms
