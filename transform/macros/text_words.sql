{#
    Opens a text as its words beside its row: `from lines cross join {{ text_words('lines.reference') }}` gives column word,
    upper case; anything but letters, digits and hyphens parts words.
#}
{% macro text_words(text) -%} {{ return(adapter.dispatch('text_words', 'cartwheel')(text)) }} {%- endmacro %}

{% macro default__text_words(text) -%}
    unnest(string_split(trim(regexp_replace(upper({{ text }}), '[^A-Z0-9-]+', ' ', 'g')), ' ')) as words (word)
{%- endmacro %}
