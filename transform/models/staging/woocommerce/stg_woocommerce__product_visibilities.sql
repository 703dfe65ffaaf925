with

source as (
    select account_id, id, name, status, catalog_visibility, meta_data, date_modified_gmt
    from {{ source('raw_woocommerce', 'products') }}
),

-- Meta data is a list of keys and values; ours stands there once, a later entry counts.
marks as (
    select
        source.account_id,
        source.id,
        {{ json_text('items.item', 'value') }} as hidden_by_mark,
        row_number() over (partition by source.account_id, source.id order by items.item_number desc) as recency
    from source
    cross join {{ json_items('source.meta_data') }}
    where {{ json_text('items.item', 'key') }} = '_cartwheel_hidden_by'
),

renamed as (
    select
        source.account_id,
        cast(source.id as varchar) as platform_product_id,
        source.name as title,
        source.status as platform_product_status,
        source.catalog_visibility as platform_catalogue_visibility,
        marks.hidden_by_mark,
        {{ utc_timestamp('source.date_modified_gmt') }} as updated_at
    from source
    left join marks on source.account_id = marks.account_id and source.id = marks.id and marks.recency = 1
)

select * from renamed
