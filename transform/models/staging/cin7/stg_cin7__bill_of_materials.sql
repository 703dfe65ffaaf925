with

source as (
    select * from {{ source('raw_cin7', 'products') }}
),

unnested as (
    select
        source.account_id,
        source.id as platform_product_id,
        coalesce(source.auto_assembly, false) as is_assembled_on_sale,
        items.item_number,
        items.item as component
    from source
    cross join {{ json_items('source.bill_of_materials_products') }}
    where source.bill_of_material
),

renamed as (
    select
        account_id,
        platform_product_id,
        cast(item_number as bigint) as line_number,
        {{ json_text('component', 'ComponentProductID') }} as component_product_id,
        cast({{ json_text('component', 'Quantity') }} as decimal(28, 6)) as quantity,
        is_assembled_on_sale
    from unnested
)

select * from renamed
