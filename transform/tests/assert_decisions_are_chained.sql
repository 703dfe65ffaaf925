-- F-EXC-06: every row of the audit log follows the row before it, from the first one on. A row here means that a decision
-- was removed or slipped in. An edit inside a row shows only in `cartwheel audit verify`, which computes the digests anew.
with chained as (
    select
        audit_number,
        previous_digest,
        row_number() over (order by audit_number) as place,
        lag(digest, 1, repeat('0', 64)) over (order by audit_number) as digest_before
    from {{ ref('fct_audit_log') }}
)

select *
from chained
where audit_number <> place or previous_digest <> digest_before
