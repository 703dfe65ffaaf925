-- The one line of a draft: of those that are due, and of those we made that have none yet.
with due as (
    select
        *,
        case when reorder_status = 'due' then draft_reference else empty_draft_reference end as of_draft
    from {{ ref('fct_reorder_positions') }}
    where reorder_status = 'due' or empty_draft_reference is not null
),

draft_purchase_lines as (
    select
        of_draft as record_key,
        of_draft as draft_reference,
        platform_product_id,
        sku,
        title,
        order_quantity,
        unit_cost_minor,
        tax_rule,
        cast(null as bigint) as money_minor,
        currency_code,
        cast(order_quantity as varchar) || ' of ' || sku || ', up to whole packs of ' || cast(pack_size as varchar) as reason,
        draft_reference as source_key,
        of_draft as upstream_key
    from due
)

select * from draft_purchase_lines
