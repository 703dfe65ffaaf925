with

source as (
    select account_id, order_id, order_items from {{ source('raw_amazon', 'orders') }}
),

opened as (
    select
        source.account_id,
        source.order_id,
        {{ json_text('items.item', 'orderItemId') }} as platform_line_id,
        {{ json_value('items.item', 'proceeds.breakdowns') }} as breakdowns
    from source
    cross join {{ json_items('source.order_items') }}
),

categories as (
    select
        opened.account_id,
        opened.order_id,
        opened.platform_line_id,
        {{ json_text('items.item', 'type') }} as category,
        {{ json_value('items.item', 'subtotal') }} as subtotal,
        {{ json_value('items.item', 'detailedBreakdowns') }} as details
    from opened
    cross join {{ json_items('opened.breakdowns') }}
),

-- Tax and discounts say which part of the item they are about; one that does not is about the goods.
split as (
    select
        categories.account_id,
        categories.order_id,
        categories.platform_line_id,
        categories.category,
        {{ json_text('items.item', 'subtype') }} as part,
        {{ json_value('items.item', 'value') }} as amount
    from categories
    cross join {{ json_items('categories.details') }}
),

whole as (
    select
        categories.account_id,
        categories.order_id,
        categories.platform_line_id,
        categories.category,
        case when categories.category in ('TAX', 'DISCOUNT') then 'ITEM' else categories.category end as part,
        categories.subtotal as amount
    from categories
    left join split
        on categories.account_id = split.account_id
        and categories.order_id = split.order_id
        and categories.platform_line_id = split.platform_line_id
        and categories.category = split.category
    where split.category is null
),

parts as (
    select * from split
    union all
    select * from whole
),

renamed as (
    select
        account_id,
        order_id as platform_order_id,
        platform_line_id,
        category,
        part,
        upper({{ json_text('amount', 'currencyCode') }}) as currency_code,
        {{ json_text('amount', 'amount') }} as amount_text,
        {{ to_minor(json_text('amount', 'amount'), "upper(" ~ json_text('amount', 'currencyCode') ~ ")") }} as amount_minor
    from parts
)

select * from renamed
