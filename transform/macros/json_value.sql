{# The JSON at a path of a JSON column (object or list), NULL where absent. Staging only. #}
{% macro json_value(column, path) -%} {{ return(adapter.dispatch('json_value', 'cartwheel')(column, path)) }} {%- endmacro %}

{% macro default__json_value(column, path) -%} ({{ column }} -> '$.{{ path }}') {%- endmacro %}
