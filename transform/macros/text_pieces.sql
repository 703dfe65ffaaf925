{#
    Opens a text as all its pieces of so many characters: `from lines cross join {{ text_pieces('lines.line_text', 8) }}` gives column piece.
    What is part of a text ends in one of its pieces, so that a search in many texts is a join by value. A shorter text has none.
#}
{% macro text_pieces(text, size) -%} {{ return(adapter.dispatch('text_pieces', 'cartwheel')(text, size)) }} {%- endmacro %}

{% macro default__text_pieces(text, size) -%}
    unnest(list_transform(range(1, length({{ text }}) - {{ size }} + 2), place -> substr({{ text }}, cast(place as integer), {{ size }}))) as pieces (piece)
{%- endmacro %}
