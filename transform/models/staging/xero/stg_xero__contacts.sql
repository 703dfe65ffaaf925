with

source as (
    select * from {{ source('raw_xero', 'contacts') }}
),

renamed as (
    select
        account_id,
        contact_id as platform_contact_id,
        nullif(trim(contact_number), '') as contact_number,
        name as contact_name,
        nullif(lower(trim(email_address)), '') as email,
        nullif(trim(tax_number), '') as tax_number,
        contact_status = 'ACTIVE' as is_active,
        {{ utc_timestamp('updated_date_utc') }} as updated_at
    from source
)

select * from renamed
