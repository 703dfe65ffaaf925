{# Up to which amount an entity lets a payment that names no order be matched by itself (seed match_policies), minor units; a scalar subquery. #}
{% macro match_limit(match_type, entity_id) -%}
coalesce(
        (select max(up_to_minor) from {{ ref('match_policies') }} as policies where policies.match_type = '{{ match_type }}' and policies.entity_id = {{ entity_id }}),
        (select max(up_to_minor) from {{ ref('match_policies') }} as policies where policies.match_type = '{{ match_type }}' and policies.entity_id = '*'),
        0
    )
{%- endmacro %}
