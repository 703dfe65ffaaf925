{#
    Opens a JSON list beside its row: `from orders cross join {{ json_items('lines') }}` gives columns
    item (JSON) and item_number (from 1). Rows with a NULL or empty list disappear. Staging only.
#}
{% macro json_items(column) -%} {{ return(adapter.dispatch('json_items', 'cartwheel')(column)) }} {%- endmacro %}

{% macro default__json_items(column) -%}
    unnest(from_json({{ column }}, '["json"]')) with ordinality as items (item, item_number)
{%- endmacro %}
