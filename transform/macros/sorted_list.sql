{# Distinct-free, comma-joined text of an aggregate, in the given order; for labels and evidence, never for logic. #}
{% macro sorted_list(expression, order_by) -%} {{ return(adapter.dispatch('sorted_list', 'cartwheel')(expression, order_by)) }} {%- endmacro %}

{% macro default__sorted_list(expression, order_by) -%} string_agg(cast({{ expression }} as varchar), ', ' order by {{ order_by }}) {%- endmacro %}
