{# Months since year 0 (BIGINT): two of them subtract to whole months apart, which no engine's interval does alike. #}
{% macro month_number(date_column) -%}
    (cast(extract(year from {{ date_column }}) as bigint) * 12 + cast(extract(month from {{ date_column }}) as bigint))
{%- endmacro %}
