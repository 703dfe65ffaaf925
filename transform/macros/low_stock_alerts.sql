{#- One alert when a SKU falls to its threshold, one line when it is over, for one place where people are told. A SKU in between is left
    out: whatever was said of it last stands, also where the warehouse has not read yet what that was. -#}
{% macro low_stock_alerts(sync) -%}
with low_stock as (
    select * from {{ ref('fct_low_stock') }}
),

said as (
    select
        record_key as sku,
        after_value as alert_status,
        row_number() over (partition by record_key order by status_changed_at desc, delivery_id desc) as recency
    from {{ ref('fct_plan_changes') }}
    where sync = '{{ sync }}' and field_name = 'alert_status' and delivery_status = 'accepted'
),

alerts as (
    select
        low_stock.*,
        case when low_stock.low_stock_status = 'enough' then 'recovered' else 'low' end as alert_status
    from low_stock
    left join said on low_stock.sku = said.sku and said.recency = 1
    where low_stock.low_stock_status = 'low' or (low_stock.low_stock_status = 'enough' and said.alert_status = 'low')
),

messages as (
    select
        sku as record_key,
        sku,
        alert_status,
        pool as units_left,
        case
            when alert_status = 'low'
                then 'Low stock: ' || sku || ' ' || title || ', ' || cast(pool as varchar) || ' left to sell'
                    || case when incoming > 0 then ', ' || cast(incoming as varchar) || ' on their way' else '' end
                    || ' (told at ' || cast(threshold as varchar) || ' or fewer)'
            else 'Back in stock: ' || sku || ' ' || title || ', ' || cast(pool as varchar) || ' to sell again'
        end as message,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        cast(pool as varchar) || ' in the pool; low at ' || cast(threshold as varchar) || ', over above '
            || cast(threshold + margin as varchar) || ' (season ' || season_from || ' to ' || season_until || ')' as reason,
        sku as source_key
    from alerts
)

select * from messages
{%- endmacro %}
