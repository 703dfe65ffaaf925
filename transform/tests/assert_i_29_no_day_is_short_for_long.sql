{{ config(tags=['identity'], meta={'identity': 'I-29', 'severity': 'blocks'}) }}
-- I-29: no day lacks records, or parts of their amounts, for more than 24 hours after that was first seen: by then reading it again did not help.
-- The clock is the newest count of any day, for a count is what would have told that the day is whole by now.
-- A failure means that records are missing for good unless somebody reads them (cartwheel completeness); a close names the days and asks for a name.
-- It says nothing of a day of which the platform shows fewer records than were loaded: those were deleted there, and no reading brings them back.
with

clock as (
    select max(counted_at) as newest_counted_at from {{ ref('fct_loaded_counts') }}
)

select counts.day_count_id as reference, counts.missing_records, counts.missing_total, counts.incomplete_since
from {{ ref('fct_loaded_counts') }} as counts
cross join clock
where counts.incomplete_since is not null
    and counts.missing_records >= 0
    and {{ seconds_between('counts.incomplete_since', 'clock.newest_counted_at') }} > 24 * 3600
