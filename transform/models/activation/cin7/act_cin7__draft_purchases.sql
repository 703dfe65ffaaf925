-- The head of a draft; its line follows once the draft is there (act_cin7__draft_purchase_lines).
with due as (
    select * from {{ ref('fct_reorder_positions') }}
    where reorder_status = 'due'
),

draft_purchases as (
    select
        draft_reference as record_key,
        draft_reference,
        supplier_name,
        platform_location_id,
        expected_date as required_date,
        sku,
        order_quantity,
        'Drafted for a person to approve: ' || sku || ', ' || cast(position as varchar) || ' left or on their way ('
            || cast(available - in_flight as varchar) || ' free, ' || cast(incoming as varchar) || ' coming), reorder point '
            || cast(reorder_point as varchar) || ', order up to ' || cast(order_up_to as varchar)
            || case when economic_quantity > 0 then ', economic quantity ' || cast(economic_quantity as varchar) else '' end
            || ', packs of ' || cast(pack_size as varchar) || ' [cartwheel ' || draft_reference || ']' as note,
        order_quantity * unit_cost_minor as money_minor,
        currency_code,
        cast(position as varchar) || ' is at or below ' || cast(reorder_point as varchar) || ': '
            || cast(order_quantity as varchar) || ' from ' || supplier_name as reason,
        draft_reference as source_key
    from due
)

select * from draft_purchases
