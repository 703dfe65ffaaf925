{# What is to change in a platform's shop windows, keyed by the column its API names a product by. A product left out keeps whatever it has, whoever decided that. #}
{% macro product_visibility_changes(platform, key) -%}
with visibility as (
    select * from {{ ref('fct_product_visibility') }}
    where platform = '{{ platform }}' and visibility_status <> 'kept'
),

product_visibility as (
    select
        {{ key }} as record_key,
        {{ key }},
        wanted_visibility as visibility,
        visibility as observed_visibility,
        cast(null as bigint) as money_minor,
        cast(null as varchar) as currency_code,
        coalesce(title, platform_product_id) || ': ' || cast(ats as varchar) || ' to sell, the shop shows ' || cast(listed as varchar)
            || case visibility_status when 'to_hide' then ' since ' || substr(cast(listed_at as varchar), 1, 16) || ' UTC'
                else ', shown again at ' || cast(republish_at as varchar) end as reason,
        product_visibility_id as source_key,
        -- A product that rests after a change is looked at again each hour, because this makes the table another one.
        substr(cast(as_of_at as varchar), 1, 13) as looked_at_hour
    from visibility
)

select * from product_visibility
{%- endmacro %}
