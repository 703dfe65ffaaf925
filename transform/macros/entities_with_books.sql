{# Entities whose books are kept on a platform (seed accounts): what is expected of the others is written elsewhere. #}
{% macro entities_with_books(platform) -%}
    (select distinct entity_id from {{ ref('accounts') }} where platform = '{{ platform }}')
{%- endmacro %}
