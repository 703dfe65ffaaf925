with

source as (
    select * from {{ source('raw_woocommerce', 'orders') }}
),

-- What plugins for business customers keep: one value per order and key.
business as (
    select
        source.account_id,
        source.id,
        max(case when {{ json_text('items.item', 'key') }} = '_payment_terms' then nullif({{ json_text('items.item', 'value') }}, '') end) as payment_terms,
        max(case when {{ json_text('items.item', 'key') }} in ('_billing_vat_number', '_vat_number', '_billing_tax_id') then nullif({{ json_text('items.item', 'value') }}, '') end) as customer_tax_number,
        max(case when {{ json_text('items.item', 'key') }} in ('_billing_po_number', '_po_number') then nullif({{ json_text('items.item', 'value') }}, '') end) as purchase_order_number
    from source
    cross join {{ json_items('source.meta_data') }}
    group by source.account_id, source.id
),

renamed as (
    select
        ----------  ids
        source.account_id,
        cast(source.id as varchar) as platform_order_id,
        coalesce(nullif(number, ''), cast(source.id as varchar)) as order_number,
        -- Customer 0 is a guest.
        nullif(cast(customer_id as varchar), '0') as platform_customer_id,

        ----------  buyer
        nullif(lower(trim({{ json_text('billing', 'email') }})), '') as customer_email,
        nullif(trim({{ json_text('billing', 'phone') }}), '') as customer_phone,
        -- What is delivered to no other address goes to the billing address.
        coalesce(nullif({{ json_text('shipping', 'address_1') }}, ''), nullif({{ json_text('billing', 'address_1') }}, '')) as shipping_street,
        coalesce(nullif({{ json_text('shipping', 'address_2') }}, ''), case when coalesce({{ json_text('shipping', 'address_1') }}, '') = '' then nullif({{ json_text('billing', 'address_2') }}, '') end) as shipping_street_more,
        coalesce(nullif({{ json_text('shipping', 'city') }}, ''), nullif({{ json_text('billing', 'city') }}, '')) as shipping_city,
        coalesce(nullif({{ json_text('shipping', 'state') }}, ''), nullif({{ json_text('billing', 'state') }}, '')) as shipping_region,
        coalesce(nullif({{ json_text('shipping', 'country') }}, ''), nullif({{ json_text('billing', 'country') }}, '')) as shipping_country_code,
        coalesce(nullif({{ json_text('shipping', 'postcode') }}, ''), nullif({{ json_text('billing', 'postcode') }}, '')) as shipping_postcode,

        ----------  timestamps
        {{ utc_timestamp('date_created_gmt') }} as placed_at,
        {{ utc_timestamp('date_modified_gmt') }} as updated_at,
        {{ utc_timestamp('date_paid_gmt') }} as paid_at,
        {{ utc_timestamp('date_completed_gmt') }} as completed_at,

        ----------  flags
        lower(coalesce(cast(meta_data as varchar), '')) like '%"b2b"%' as is_b2b,
        coalesce(prices_include_tax, false) as is_tax_included,
        coalesce(payment_method, '') in ('bacs', 'cheque', 'cod') as is_paid_by_hand,

        ----------  statuses
        status as platform_order_status,
        case
            when status in ('completed', 'refunded') then 'fulfilled'
            when status in ('pending', 'processing', 'on-hold', 'cancelled', 'failed', 'trash', 'checkout-draft') then 'unfulfilled'
            else 'unmapped'
        end as order_fulfilment_status,
        case
            when status in ('pending', 'processing', 'on-hold', 'completed', 'cancelled', 'refunded', 'failed', 'trash', 'checkout-draft') then true
            else false
        end as is_status_known,

        ----------  payment
        payment_method,
        nullif(transaction_id, '') as transaction_id,
        business.payment_terms,
        business.customer_tax_number,
        business.purchase_order_number,
        nullif(trim({{ json_text('billing', 'company') }}), '') as company_name,

        ----------  money
        upper(currency) as currency_code,
        total as total_text,
        {{ to_minor("nullif(total, '')", 'upper(currency)') }} as total_minor,
        total_tax as tax_text,
        coalesce({{ to_minor("nullif(total_tax, '')", 'upper(currency)') }}, 0) as tax_minor,
        {{ to_minor("nullif(discount_total, '')", 'upper(currency)') }} as discount_minor,
        {{ to_minor("nullif(discount_tax, '')", 'upper(currency)') }} as discount_tax_minor,
        {{ to_minor("nullif(shipping_total, '')", 'upper(currency)') }} as shipping_minor,
        {{ to_minor("nullif(shipping_tax, '')", 'upper(currency)') }} as shipping_tax_minor,
        {{ to_minor("nullif(cart_tax, '')", 'upper(currency)') }} as cart_tax_minor,
        {{ json_sum_minor('refunds', 'total', 'upper(currency)') }} as refunded_minor,
        {{ json_sum_minor('gift_cards', 'amount', 'upper(currency)') }} as gift_card_minor
    from source
    left join business
        on source.account_id = business.account_id
        and source.id = business.id
)

select * from renamed
