{# A date as eight digits, for numbers of documents: 20261031. #}
{% macro date_digits(date_column) -%} replace(cast({{ date_column }} as varchar), '-', '') {%- endmacro %}
