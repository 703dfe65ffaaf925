with customers as (
    select expected.*
    from {{ ref('fct_expected_book_customers') }} as expected
    inner join {{ ref('accounts') }} as accounts
        on expected.entity_id = accounts.entity_id and accounts.platform = 'quickbooks'
),

companies as (
    select
        customer_key as record_key,
        -- A name somebody typed with other capitals is the same customer there, and stays as it was typed.
        coalesce(booked_display_name, display_name) as display_name,
        coalesce(tax_id, booked_tax_id) as tax_id,
        terms_name,
        booked_display_name as observed_display_name,
        booked_tax_id as observed_tax_id,
        booked_terms_name as observed_terms_name,
        cast(null as bigint) as money_minor,
        currency_code,
        cast(invoices as varchar) || case when invoices = 1 then ' invoice on ' else ' invoices, the newest on ' end || terms_name
            || '; the books ' || case
                when platform_customer_id is null then 'have no such customer'
                else 'say ' || coalesce(booked_terms_name, 'no terms') || ', tax id ' || coalesce(booked_tax_id, 'none') end as reason,
        newest_document_key as source_key
    from customers
)

select * from companies
