with

source as (
    select * from {{ source('raw_shopify', 'customers') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('id') }} as platform_customer_id,
        nullif(lower(trim({{ json_text('default_email_address', 'emailAddress') }})), '') as email,
        nullif(trim({{ json_text('default_phone_number', 'phoneNumber') }}), '') as phone,
        nullif(first_name, '') as first_name,
        nullif(last_name, '') as last_name,
        {{ utc_timestamp('created_at') }} as created_at,
        {{ utc_timestamp('updated_at') }} as updated_at,
        upper({{ json_text('amount_spent', 'currencyCode') }}) as currency_code,
        {{ json_text('amount_spent', 'amount') }} as amount_spent_text,
        {{ to_minor(json_text('amount_spent', 'amount'), "upper(" ~ json_text('amount_spent', 'currencyCode') ~ ")") }} as amount_spent_minor
    from source
)

select * from renamed
