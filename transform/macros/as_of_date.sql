{# The day a table of the warehouse speaks for: var as_of, or the newest order's business date when it is empty. #}
{% macro as_of_date() -%}
    {%- if var('as_of') -%} cast('{{ var("as_of") }}' as date)
    {%- else -%} (select max(order_date) from {{ ref('can_orders') }} where not is_test)
    {%- endif -%}
{%- endmacro %}
