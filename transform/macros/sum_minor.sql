{# Sum of minor units as BIGINT (DuckDB gives HUGEINT; the cast raises if the sum leaves the range). NULL only over no rows. #}
{% macro sum_minor(expression) -%} cast(sum({{ expression }}) as bigint) {%- endmacro %}
