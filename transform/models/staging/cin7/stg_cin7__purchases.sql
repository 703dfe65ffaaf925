with

source as (
    select * from {{ source('raw_cin7', 'purchases') }}
),

renamed as (
    select
        ---------- ids
        account_id,
        id as platform_purchase_order_id,
        order_number as purchase_order_number,
        nullif(location, '') as platform_location_id,
        supplier as supplier_name,
        {{ bracketed_reference('note') }} as our_reference,
        ---------- states
        status as platform_purchase_status,
        case
            when status in ('DRAFT', 'ORDERING') then 'draft'
            when status in (
                'ORDERED', 'RECEIVING', 'RECEIVED', 'PARTIALLY INVOICED', 'INVOICED',
                'CREDITED', 'RECEIVING / CREDITED', 'RECEIVED / CREDITED'
            ) then 'ordered'
            when status = 'COMPLETED' then 'completed'
            when status = 'VOIDED' then 'voided'
            else 'unmapped'
        end as purchase_status,
        ---------- money
        upper(supplier_currency) as currency_code,
        {{ to_minor(json_text('"order"', 'Total'), 'upper(supplier_currency)') }} as total_minor,
        {{ to_minor(json_text('"order"', 'Tax'), 'upper(supplier_currency)') }} as tax_minor,
        ---------- times
        cast({{ utc_timestamp('order_date') }} as date) as order_date,
        cast({{ utc_timestamp('required_by') }} as date) as required_date,
        {{ utc_timestamp('last_updated_date') }} as updated_at
    from source
)

select * from renamed
