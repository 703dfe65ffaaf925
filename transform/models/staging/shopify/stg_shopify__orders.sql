with

source as (
    select * from {{ source('raw_shopify', 'orders') }}
),

renamed as (
    select
        ----------  ids
        account_id,
        {{ gid_number('id') }} as platform_order_id,
        id as order_gid,
        name as order_number,
        {{ gid_number(json_text('customer', 'id')) }} as platform_customer_id,

        ----------  buyer
        nullif(lower(trim(coalesce(email, {{ json_text('customer', 'email.emailAddress') }}))), '') as customer_email,
        nullif(trim(coalesce(phone, {{ json_text('shipping_address', 'phone') }})), '') as customer_phone,
        {{ json_text('shipping_address', 'address1') }} as shipping_street,
        {{ json_text('shipping_address', 'address2') }} as shipping_street_more,
        {{ json_text('shipping_address', 'city') }} as shipping_city,
        {{ json_text('shipping_address', 'provinceCode') }} as shipping_region,
        {{ json_text('shipping_address', 'countryCodeV2') }} as shipping_country_code,
        {{ json_text('shipping_address', 'zip') }} as shipping_postcode,

        ----------  timestamps
        {{ utc_timestamp('coalesce(processed_at, created_at)') }} as placed_at,
        {{ utc_timestamp('cancelled_at') }} as cancelled_at,
        {{ utc_timestamp('updated_at') }} as updated_at,

        ----------  flags
        coalesce(test, false) as is_test,
        coalesce({{ json_text('purchasing_entity', '__typename') }} = 'PurchasingCompany', false)
        or lower(coalesce(cast(tags as varchar), '')) like '%"b2b"%' as is_b2b,
        coalesce(taxes_included, false) as is_tax_included,

        ----------  statuses
        display_financial_status as platform_payment_status,
        case display_financial_status
            when 'PENDING' then 'pending'
            when 'AUTHORIZED' then 'authorized'
            when 'PAID' then 'paid'
            when 'PARTIALLY_PAID' then 'partially_paid'
            when 'PARTIALLY_REFUNDED' then 'partially_refunded'
            when 'REFUNDED' then 'refunded'
            when 'VOIDED' then 'voided'
            when 'EXPIRED' then 'voided'
            else 'unmapped'
        end as order_payment_status,
        display_fulfillment_status as platform_fulfilment_status,
        case
            when display_fulfillment_status in ('FULFILLED', 'FULFILLMENT_NOT_REQUIRED') then 'fulfilled'
            when display_fulfillment_status = 'PARTIALLY_FULFILLED' then 'partial'
            when display_fulfillment_status in (
                'UNFULFILLED', 'OPEN', 'IN_PROGRESS', 'ON_HOLD', 'SCHEDULED', 'PENDING_FULFILLMENT', 'RESTOCKED', 'REQUEST_DECLINED'
            ) then 'unfulfilled'
            else 'unmapped'
        end as order_fulfilment_status,
        case
            when {{ json_text('payment_terms', 'dueInDays') }} is not null
                then 'net_' || {{ json_text('payment_terms', 'dueInDays') }}
            else lower({{ json_text('payment_terms', 'paymentTermsType') }})
        end as payment_terms,

        ----------  the company that buys
        coalesce(
            nullif(trim({{ json_text('purchasing_entity', 'company.name') }}), ''),
            nullif(trim({{ json_text('billing_address', 'company') }}), '')
        ) as company_name,
        nullif(upper(replace(trim({{ json_text('purchasing_entity', 'location.taxSettings.taxRegistrationId') }}), ' ', '')), '') as tax_id,
        nullif(trim(po_number), '') as po_number,

        ----------  money
        upper(currency_code) as currency_code,
        {{ json_text('total_price_set', 'shopMoney.amount') }} as total_text,
        {{ to_minor(json_text('total_price_set', 'shopMoney.amount'), 'upper(currency_code)') }} as total_minor,
        {{ json_text('total_tax_set', 'shopMoney.amount') }} as tax_text,
        coalesce({{ to_minor(json_text('total_tax_set', 'shopMoney.amount'), 'upper(currency_code)') }}, 0) as tax_minor,
        coalesce({{ to_minor(json_text('total_tip_received_set', 'shopMoney.amount'), 'upper(currency_code)') }}, 0) as tip_minor,
        {{ to_minor(json_text('total_discounts_set', 'shopMoney.amount'), 'upper(currency_code)') }} as discount_minor,
        {{ to_minor(json_text('total_shipping_price_set', 'shopMoney.amount'), 'upper(currency_code)') }} as shipping_minor,
        {{ to_minor(json_text('current_total_price_set', 'shopMoney.amount'), 'upper(currency_code)') }} as current_total_minor,
        {{ to_minor(json_text('total_received_set', 'shopMoney.amount'), 'upper(currency_code)') }} as received_minor,
        {{ to_minor(json_text('total_refunded_set', 'shopMoney.amount'), 'upper(currency_code)') }} as refunded_minor,
        {{ to_minor(json_text('total_outstanding_set', 'shopMoney.amount'), 'upper(currency_code)') }} as outstanding_minor,
        upper(coalesce({{ json_text('total_price_set', 'presentmentMoney.currencyCode') }}, presentment_currency_code)) as presentment_currency_code,
        {{ to_minor(json_text('total_price_set', 'presentmentMoney.amount'), "upper(coalesce(" ~ json_text('total_price_set', 'presentmentMoney.currencyCode') ~ ", presentment_currency_code))") }} as presentment_total_minor
    from source
)

select * from renamed
