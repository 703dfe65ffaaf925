{# The first Stripe id with a prefix ('ch', 'pi', 're') in a text, wherever a gateway's receipt keeps it; NULL if none. #}
{% macro reference_in(text, prefix) -%} nullif(regexp_extract({{ text }}, '(^|[^A-Za-z0-9_])({{ prefix }}_[A-Za-z0-9_]+)', 2), '') {%- endmacro %}
