"""The worklist's query as text, so that the next start asks the same."""

from __future__ import annotations

import json
from datetime import date, timedelta

from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import ReviewStatus


def query_to_text(query: WorklistQuery, today: date) -> str:
    """`query` as JSON; a first date is kept as days before `today`, for "7 days" means other days tomorrow."""
    days = None if query.date_from is None else (today - query.date_from).days
    is_triage = query.sort is SortKey.TRIAGE
    return json.dumps(
        {
            "text": query.text,
            "modality": query.modality,
            "status": query.status,
            "analysed": query.analysed,
            "days": days,
            # That the AI orders the list is chosen anew each time.
            "sort": WorklistQuery().sort if is_triage else query.sort,
            "descending": is_triage or query.descending,
        }
    )


def query_from_text(text: str, today: date) -> WorklistQuery:
    """The inverse; what cannot be read asks for everything."""
    try:
        stored = json.loads(text)
        status, days = stored["status"], stored["days"]
        return WorklistQuery(
            text=str(stored["text"]),
            modality=str(stored["modality"]),
            status=None if status is None else ReviewStatus(status),
            analysed={True: True, False: False}.get(stored.get("analysed")),
            date_from=None if days is None else today - timedelta(days=days),
            sort=SortKey(stored["sort"]),
            descending=bool(stored["descending"]),
        )
    except (ValueError, KeyError, TypeError, OverflowError):
        return WorklistQuery()
