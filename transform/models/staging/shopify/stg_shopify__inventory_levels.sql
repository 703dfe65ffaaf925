with

source as (
    select * from {{ source('raw_shopify', 'inventory_items') }}
),

opened as (
    select source.account_id, source.id, source.sku, source.tracked, items.item as level, {{ json_value('items.item', 'quantities') }} as quantities
    from source
    cross join {{ json_items('source.inventory_levels') }}
),

quantities as (
    select
        opened.account_id,
        {{ json_text('opened.level', 'id') }} as level_gid,
        {%- for name in ['available', 'on_hand', 'committed', 'incoming', 'reserved', 'damaged', 'safety_stock', 'quality_control'] %}
        coalesce(cast(sum(case when {{ json_text('items.item', 'name') }} = '{{ name }}' then cast({{ json_text('items.item', 'quantity') }} as bigint) end) as bigint), 0) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from opened
    cross join {{ json_items('opened.quantities') }}
    group by opened.account_id, {{ json_text('opened.level', 'id') }}
),

renamed as (
    select
        opened.account_id,
        opened.id as inventory_item_gid,
        {{ json_text('opened.level', 'id') }} as level_gid,
        {{ json_text('opened.level', 'location.id') }} as location_gid,
        nullif(trim(opened.sku), '') as sku,
        coalesce(opened.tracked, false) as is_tracked,
        coalesce({{ json_text('opened.level', 'isActive') }} = 'true', true) as is_active,
        {{ utc_timestamp(json_text('opened.level', 'updatedAt')) }} as updated_at
    from opened
),

joined as (
    select
        renamed.*,
        quantities.available,
        quantities.on_hand,
        quantities.committed,
        quantities.incoming,
        quantities.reserved,
        quantities.damaged,
        quantities.safety_stock,
        quantities.quality_control
    from renamed
    inner join quantities on renamed.account_id = quantities.account_id and renamed.level_gid = quantities.level_gid
)

select * from joined
