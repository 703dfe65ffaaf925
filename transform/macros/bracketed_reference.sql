{# Our own key out of a text that people read too, where it stands as [cartwheel key]; NULL if there is none. #}
{% macro bracketed_reference(text) -%} nullif(regexp_extract({{ text }}, '\[cartwheel ([^\]]+)\]', 1), '') {%- endmacro %}
