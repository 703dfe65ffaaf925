{# 128-bit digest (hex) of text columns, NULL-safe and delimiter-safe; stable across versions and engines. #}
{% macro digest(columns) -%} {{ return(adapter.dispatch('digest', 'cartwheel')(columns)) }} {%- endmacro %}

{% macro default__digest(columns) -%}
    md5(concat_ws('|', {% for column in columns %}coalesce(replace(cast({{ column }} as varchar), '|', '||'), '\N'){{ ', ' if not loop.last }}{% endfor %}))
{%- endmacro %}
