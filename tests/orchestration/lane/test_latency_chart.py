"""The chart of latencies says what happened: every delivery in one bar, shares that add up, nothing that breaks the page."""

from __future__ import annotations

from xml.etree import ElementTree

from orchestration.lane import latency_chart
from orchestration.lane.loop import percentile


def test_every_delivery_is_in_one_bar_and_the_slow_ones_are_not_cut():
    latencies = [1, 5, 6, 250, 251, 90_000]
    counts = latency_chart.counted(latencies)
    assert sum(counts) == len(latencies)
    assert (counts[0], counts[1], counts[-1]) == (2, 1, 1)


def test_the_drawing_is_well_formed_whatever_a_sync_is_called():
    drawn = latency_chart.svg({"a <b> & c": [3, 40], "nothing yet": []})
    texts = [element.text for element in ElementTree.fromstring(drawn).iter() if element.text]
    assert "a <b> & c, 2 deliveries" in texts
    assert "50.0 %" in texts


def test_a_percentile_is_a_value_that_occurred():
    assert [percentile(list(range(1, 101)), part) for part in (50, 99, 100)] == [50, 99, 100]
    assert (percentile([7], 99), percentile([], 50)) == (7, None)
