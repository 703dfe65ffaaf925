with

source as (
    select * from {{ source('raw_cin7', 'product_movements') }}
),

unnested as (
    select source.account_id, source.id as platform_product_id, source.sku, items.item_number, items.item as movement
    from source
    cross join {{ json_items('source.movements') }}
),

renamed as (
    select
        account_id,
        platform_product_id,
        sku,
        cast(item_number as bigint) as line_number,
        {{ json_text('movement', 'TaskID') }} as platform_document_id,
        {{ json_text('movement', 'Number') }} as document_number,
        lower(trim({{ json_text('movement', 'Type') }})) as platform_movement_type,
        {{ json_text('movement', 'Location') }} as platform_location_id,
        cast({{ json_text('movement', 'Quantity') }} as decimal(28, 6)) as quantity,
        cast({{ json_text('movement', 'Amount') }} as decimal(28, 6)) as cost_major,
        {{ utc_timestamp(json_text('movement', 'Date')) }} as moved_at
    from unnested
)

select * from renamed
