"""Platforms that send no webhooks: asked every few seconds what changed, which is kept in the inbox like any event.

One file per platform; a process of its own runs them all (`python -m pipelines.intake.polls`). This is for speed: the
connectors' own polling reads everything again, and is what completeness rests on.
"""
