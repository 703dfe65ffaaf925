{#
    Every amount the platform sent became minor units. A failing row has more decimals than its currency (or is no number):
    staging leaves it NULL rather than round it (SRC-06). It says nothing about amounts the platform did not send.
#}
{% test money_is_exact(model, column_name, text_column) %}

select *
from {{ model }}
where {{ text_column }} is not null and {{ column_name }} is null

{% endtest %}
