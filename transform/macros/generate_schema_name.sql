{# A folder's +schema is the schema: asset key [schema, table] then joins with dlt's and ours without a translator. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
