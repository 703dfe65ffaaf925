with

source as (
    select * from {{ source('raw_bank', 'rejected_lines') }}
),

renamed as (
    select
        account_id,
        file as file_name,
        row_number as file_row,
        "column" as file_column,
        reason,
        line_digest
    from source
)

select * from renamed
