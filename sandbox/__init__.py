"""The local twin of the platforms: real HTTP over a seeded, deterministic world.

Part of the product, not of its tests. It imports nothing of pipelines, transform, reverse_etl or orchestration,
and none of them imports it: twin and client are each checked against the vendor's own contract files instead.
"""
