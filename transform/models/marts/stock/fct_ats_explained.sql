{#- Each step is what the number was before minus after: the rows of one SKU × channel add up to its ats.
    A set's units are its components'; which of them is the scarcest stands in fct_bundle_offers. -#}
with ats as (
    select
        *,
        least(offer, coalesce(max_listed, offer)) as capped,
        greatest(0, shared - buffer) as after_buffer,
        {{ floor_divide('cast(share_percent * greatest(0, shared - buffer) as bigint)', '100') }} as shared_out
    from {{ ref('fct_ats') }}
),

places as (
    select * from {{ ref('fct_stock') }} where is_enabled
),

place_terms as (
    {%- for term, sign in [
        ('on_hand', ''), ('damaged', '-'), ('quality_control', '-'), ('reserved', '-'), ('safety', '-'), ('committed', '-')
    ] %}
    select sku, location_id, {{ loop.index }} as position, '{{ term }}' as term, {{ sign }}{{ term }} as units from places
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

terms as (
    select ats.sku, ats.channel, place_terms.position, place_terms.term, place_terms.location_id, place_terms.units
    from ats
    inner join place_terms on ats.sku = place_terms.sku
    where not ats.is_bundle
    {%- for term, units in [
        ('checkout_holds', '-checkout_holds'),
        ('in_flight', '-in_flight'),
        ('preorderable', 'preorderable'),
        ('hard_allocations_of_other_channels', 'hard - hard_total'),
        ('own_hard_allocation_set_aside', '-hard'),
        ('buffer', '-least(buffer, greatest(0, shared))'),
        ('nothing_below_zero', 'after_buffer - shared + least(buffer, greatest(0, shared))'),
        ('share', 'shared_out - after_buffer'),
        ('min_listed', '(offer - hard) - shared_out'),
        ('own_hard_allocation', 'hard + hard_uncovered'),
        ('own_hard_allocation_not_there', '-hard_uncovered'),
        ('max_listed', 'capped - offer'),
        ('end_when', 'ats - capped'),
    ] %}
    union all
    select sku, channel, {{ loop.index + 6 }} as position, '{{ term }}' as term, cast(null as varchar) as location_id, {{ units }} as units
    from ats
    where not is_bundle
    {%- endfor %}
    {%- for term, units in [('scarcest_component', 'offer'), ('max_listed', 'capped - offer'), ('end_when', 'ats - capped')] %}
    union all
    select sku, channel, {{ loop.index }} as position, '{{ term }}' as term, cast(null as varchar) as location_id, {{ units }} as units
    from ats
    where is_bundle
    {%- endfor %}
),

explained as (
    select
        sku,
        channel,
        cast(position as bigint) as position,
        term,
        location_id,
        cast(units as bigint) as units
    from terms
    where units <> 0
)

select * from explained
