with

legs as (
    select legs.*, {{ payment_event('legs') }} || ':0' as document_key,
        row_number() over (partition by legs.order_id order by legs.settled_date, legs.settled_leg_id) as nth
    from {{ ref('fct_settled_legs') }} as legs
    where legs.is_advance
),

orders as (
    select *, coalesce(channel, platform) as sales_channel, upper(replace(trim(order_number), '#', '')) as number_key from {{ ref('can_orders') }}
),

fees as (
    select movement_id, fee_minor from {{ ref('can_processor_movements') }}
),

documents as (
    select document_id, entity_id, memo, document_type, upper(replace(trim(document_number), '#', '')) as number_key
    from {{ ref('can_book_documents') }}
    where not is_deleted
),

booked as (
    select distinct entity_id, memo from documents where memo is not null
),

takes_off as (
    select distinct lines.document_id
    from {{ ref('can_book_lines') }} as lines
    inner join {{ ref('dim_posting_accounts') }} as accounts on lines.entity_id = accounts.entity_id and lines.account_number = accounts.deferred
),

-- A document of the whole sale that takes nothing off for advances has booked them: whoever wrote it, beside it they would count twice.
-- By our key or by the number, one after the other: a join by either would look at every pair.
sales as (
    select documents.*
    from documents
    left join takes_off on documents.document_id = takes_off.document_id
    where documents.document_type in ('sales_receipt', 'invoice') and takes_off.document_id is null
),

whole_sales as (
    select orders.order_id
    from orders
    inner join sales on orders.entity_id = sales.entity_id and 'je:' || orders.entity_id || ':' || orders.order_id || ':captured:0' = sales.memo
    union
    select orders.order_id
    from orders
    inner join sales on orders.entity_id = sales.entity_id and orders.number_key = sales.number_key
),

advances as (
    select
        legs.document_key,
        legs.order_id,
        legs.settled_leg_id,
        legs.entity_id,
        orders.sales_channel as channel,
        orders.order_number || '-A' || cast(legs.nth as varchar) as document_number,
        legs.settled_date as document_date,
        orders.sales_channel || ' customers' as customer_name,
        accounts.clearing as deposit_account_number,
        legs.tender,
        cast(case when legs.tender = 'clearing' then legs.amount_minor - coalesce(fees.fee_minor, 0) else 0 end as bigint) as total_minor,
        legs.currency_code,
        cast(legs.amount_minor as bigint) as paid_minor,
        cast(legs.amount_minor - legs.overpaid_minor - legs.advance_tax_minor as bigint) as deferred_minor,
        cast(legs.advance_tax_minor as bigint) as tax_minor,
        cast(legs.overpaid_minor as bigint) as overpaid_minor,
        cast(case when legs.tender = 'clearing' then coalesce(fees.fee_minor, 0) else 0 end as bigint) as fee_minor,
        booked.memo is not null as is_in_books,
        case
            when orders.payment_terms is not null or legs.tender = 'bank' then 'on_terms'
            when accounts.unmapped is not null then 'unmapped_account'
            when legs.money_entity_id != legs.entity_id or legs.money_currency_code != legs.currency_code
                or legs.money_minor != legs.amount_minor then 'charge_not_seen'
            when legs.settled_date < cast('{{ var("books_from", "2026-10-01") }}' as date) then 'before_books_from'
            when booked.memo is null and whole_sales.order_id is not null then 'sale_is_booked_whole'
        end as held_back_reason
    from legs
    inner join orders on legs.order_id = orders.order_id
    inner join {{ ref('dim_posting_accounts') }} as accounts on legs.entity_id = accounts.entity_id
    left join fees on legs.movement_id = fees.movement_id
    left join whole_sales on legs.order_id = whole_sales.order_id
    left join booked on legs.entity_id = booked.entity_id and legs.document_key = booked.memo
)

select * from advances
