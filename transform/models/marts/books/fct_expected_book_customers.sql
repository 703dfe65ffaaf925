with invoices as (
    select * from {{ ref('fct_expected_invoices') }}
    where held_back_reason is null
),

-- The newest invoice says how the company's name is written today and which terms it has.
numbered as (
    select
        *,
        row_number() over (partition by customer_key order by document_date desc, document_key desc) as nth
    from invoices
),

counted as (
    select customer_key, count(*) as invoices, max(tax_id) as tax_id
    from invoices
    group by customer_key
),

held as (
    select entity_id, lower(display_name) as name_key, min(platform_customer_id) as platform_customer_id
    from {{ ref('can_book_customers') }}
    where is_active
    group by entity_id, lower(display_name)
),

customers as (
    select
        numbered.customer_key,
        numbered.entity_id,
        numbered.customer_name as display_name,
        counted.tax_id,
        numbered.payment_terms,
        numbered.terms_name,
        numbered.currency_code,
        counted.invoices,
        numbered.document_key as newest_document_key,
        book_customers.platform_customer_id,
        book_customers.display_name as booked_display_name,
        book_customers.tax_id as booked_tax_id,
        book_customers.terms_name as booked_terms_name
    from numbered
    inner join counted on numbered.customer_key = counted.customer_key
    left join held
        on numbered.entity_id = held.entity_id and lower(numbered.customer_name) = held.name_key
    left join {{ ref('can_book_customers') }} as book_customers
        on held.entity_id = book_customers.entity_id and held.platform_customer_id = book_customers.platform_customer_id
    where numbered.nth = 1
)

select * from customers
