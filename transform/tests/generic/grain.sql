{#
    One row per combination of the given columns, none of them null.
    A failure means that a join fanned out or a key is missing: every sum over the model is wrong.
#}
{% test grain(model, columns) %}
select {{ columns | join(', ') }}, count(*) as found
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1{% for column in columns %} or {{ column }} is null{% endfor %}
{% endtest %}
