{#- Does a date fall into a season? From and until are 'MM-DD', both included; a season may span the new year. -#}
{% macro in_season(date_column, season_from, season_until) -%}
{%- set day = "substr(cast(" ~ date_column ~ " as varchar), 6, 5)" -%}
case
    when {{ season_from }} <= {{ season_until }} then {{ day }} >= {{ season_from }} and {{ day }} <= {{ season_until }}
    else {{ day }} >= {{ season_from }} or {{ day }} <= {{ season_until }}
end
{%- endmacro %}
