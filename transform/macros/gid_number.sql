{# The number at the end of a Shopify gid: gid://shopify/Order/1001 → '1001'. Text without a slash stays as it is. #}
{% macro gid_number(gid) -%} regexp_replace({{ gid }}, '^.*/([^/?]+).*$', '\1') {%- endmacro %}
