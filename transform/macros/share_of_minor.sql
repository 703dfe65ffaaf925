{# amount x part / whole in minor units, rounded half up to a whole one; all three are not negative, the whole is above 0. #}
{% macro share_of_minor(amount_minor, part, whole) -%}
    {{ floor_divide('(2 * ' ~ amount_minor ~ ' * ' ~ part ~ ' + ' ~ whole ~ ')', '(2 * ' ~ whole ~ ')') }}
{%- endmacro %}
