with

source as (
    select * from {{ source('raw_quickbooks', 'items') }}
),

renamed as (
    select
        account_id,
        id as platform_item_id,
        name as item_name,
        nullif(trim(sku), '') as sku,
        {{ json_text('income_account_ref', 'value') }} as income_account_id,
        coalesce(active, true) as is_active,
        {{ utc_timestamp('last_updated_time') }} as updated_at
    from source
)

select * from renamed
