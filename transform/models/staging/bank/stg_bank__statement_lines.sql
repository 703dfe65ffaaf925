with

source as (
    select * from {{ source('raw_bank', 'statement_lines') }}
),

renamed as (
    select
        account_id,
        id as platform_bank_line_id,
        "date" as booking_date,
        value_date,
        nullif(trim(description), '') as description,
        nullif(trim(reference), '') as reference,
        upper(currency) as currency_code,
        {{ to_minor('amount', 'upper(currency)') }} as amount_minor
    from source
)

select * from renamed
