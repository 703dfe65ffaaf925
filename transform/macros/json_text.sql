{# Text at a path of a JSON column, NULL where absent: json_text('payload', 'customer.email'). Staging only. #}
{% macro json_text(column, path) -%} {{ return(adapter.dispatch('json_text', 'cartwheel')(column, path)) }} {%- endmacro %}

{% macro default__json_text(column, path) -%} ({{ column }} ->> '$.{{ path }}') {%- endmacro %}
