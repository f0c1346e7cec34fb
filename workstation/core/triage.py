"""The order in which studies wait when what the AI found lets some of them pass others."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

Waiting = tuple[int, str]
"""When a study came (a number that grows), and its Study Instance UID."""


def triaged(
    flagged: Iterable[Waiting], others: Iterable[Waiting], *, bound: int
) -> Iterator[str]:
    """Study Instance UIDs in the order in which they are to be read; both queues come in the order of their arrival.

    A flagged study goes before others that came earlier, but none of those ever waits behind more than `bound` studies
    that came later. Within each queue nobody passes anybody. With a bound of 0 this is the order of arrival.
    """
    ahead: deque[int] = deque(maxlen=bound)
    passing = iter(flagged)
    urgent = next(passing, None)
    for came, uid in others:
        # `ahead` holds who went last: its oldest came later than this study just when all of them did.
        while urgent is not None and (
            urgent[0] < came or len(ahead) < bound or (bound > 0 and ahead[0] < came)
        ):
            yield urgent[1]
            ahead.append(urgent[0])
            urgent = next(passing, None)
        yield uid
    if urgent is not None:
        yield urgent[1]
    yield from (uid for _, uid in passing)
