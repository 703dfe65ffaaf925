{# Key of the document that a correction of ours is about, out of the correction's own: `…:captured:2:correct` corrects `…:captured:0`. Any other key stays. #}
{% macro corrected_key(document_key) -%} regexp_replace({{ document_key }}, ':[0-9]+:correct$', ':0') {%- endmacro %}
