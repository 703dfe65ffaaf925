with

source as (
    select * from {{ source('raw_files', 'orders') }}
),

renamed as (
    select
        channel,
        order_id as platform_order_id,
        coalesce(order_number, order_id) as order_number,
        {{ utc_timestamp('placed_at') }} as placed_at,
        {{ utc_timestamp('cancelled_at') }} as cancelled_at,
        upper(currency_code) as currency_code,
        customer_id as platform_customer_id,
        nullif(lower(trim(email)), '') as customer_email,
        phone as customer_phone,
        upper(country_code) as shipping_country_code,
        postcode as shipping_postcode,
        coalesce(is_test, false) as is_test,
        coalesce(is_b2b, false) as is_b2b,
        payment_terms,
        nullif(trim(company_name), '') as company_name,
        nullif(upper(replace(trim(tax_id), ' ', '')), '') as tax_id,
        nullif(trim(po_number), '') as po_number,
        coalesce(is_fulfilled, false) as is_fulfilled
    from source
)

select * from renamed
