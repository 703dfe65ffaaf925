"""What a destination holds of documents, asked for in as few requests as it allows: a day of requests is what a push needs too.

Several are asked for together where the destination reads them so; what such an answer leaves out is asked for alone.
Documents that are asked for in the same words, such as all of a day, share the answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from reverse_etl.delivery import Delivery
from reverse_etl.destination import Answer, ReadBack, References, Request
from reverse_etl.errors import DeliveryError, RejectedRecord, StopSync, Unforeseen, foreseen

Ask = Callable[[Request], Awaitable[Answer]]
# What is held of a document, None when it is not there, or why that can not be said.
Said = tuple[Delivery, Mapping[str, object] | DeliveryError | None]


async def all_held(
    deliveries: Sequence[Delivery], reading: ReadBack, references: Callable[[], Awaitable[References]], ask: Ask
) -> AsyncIterator[Said]:
    """Each document once, in any order; raises StopSync when no further one could be read."""
    alone = [] if reading.many is not None else list(deliveries)
    if reading.many is not None:
        for start in range(0, len(deliveries), reading.many.most):
            part = deliveries[start : start + reading.many.most]
            try:
                with foreseen():
                    answer = await ask(reading.many.encode(part, await references()))
                    found = reading.many.read(part, answer)
            except StopSync:
                raise
            except (RejectedRecord, Unforeseen):
                # What refuses the question about several, or breaks on its answer, may be about one of them.
                found = {}
            except DeliveryError as error:
                for each in part:
                    yield each, error
                continue
            alone += [each for each in part if each.record_key not in found]
            for each in part:
                if each.record_key in found:
                    yield each, found[each.record_key]
    asked: dict[str, tuple[Request, list[Delivery]]] = {}
    for each in alone:
        try:
            with foreseen():
                request = reading.encode(each, await references())
        except StopSync:
            raise
        except DeliveryError as error:
            yield each, error
        else:
            asked.setdefault(repr(request), (request, []))[1].append(each)
    for request, sharing in asked.values():
        async for said in _shared(request, sharing, reading, ask):
            yield said


async def _shared(request: Request, sharing: Sequence[Delivery], reading: ReadBack, ask: Ask) -> AsyncIterator[Said]:
    try:
        with foreseen():
            answer = await ask(request)
    except StopSync:
        raise
    except DeliveryError as error:
        for each in sharing:
            yield each, error
        return
    for each in sharing:
        try:
            with foreseen():
                held = reading.read(each, answer)
        except StopSync:
            raise
        except DeliveryError as error:
            yield each, error
        else:
            yield each, held
