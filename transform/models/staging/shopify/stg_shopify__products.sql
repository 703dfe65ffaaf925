with

source as (
    select * from {{ source('raw_shopify', 'products') }}
),

renamed as (
    select
        account_id,
        {{ gid_number('id') }} as platform_product_id,
        id as product_gid,
        title,
        status as platform_product_status,
        {{ json_text('hidden_by', 'value') }} as hidden_by_mark,
        {{ utc_timestamp('updated_at') }} as updated_at
    from source
)

select * from renamed
