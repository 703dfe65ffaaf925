{# What all documents about one event have in common: our key without its revision, and without the word of one that corrects or turns back. #}
{% macro document_story(document_key) -%} regexp_replace({{ document_key }}, '(:[0-9]+)?(:correct|:reverse)?$', '') {%- endmacro %}
