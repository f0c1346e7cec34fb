"""What the findings panel says of a score, a decision and a model."""

from __future__ import annotations

from resources.i18n import Texts
from workstation.core.findings import FindingCode, FindingScore, ModelInfo
from workstation.core.review import Decision, Verdict
from workstation.ui.findings.model import FindingRow, FindingsState
from workstation.ui.panel import told

ABOVE, NOT_ABOVE, NO_CALL = "▲", "–", "·"
VERDICT_ICONS = {
    Verdict.ACCEPTED: "check",
    Verdict.REJECTED: "cross",
    Verdict.EDITED: "pencil",
}


def finding_name(texts: Texts, code: FindingCode) -> str:
    """A finding in the reader's language."""
    return texts.tr(f"finding.{code.value}")


def side_mark(score: FindingScore) -> str:
    """The sign that says without colour on which side of its threshold a score lies."""
    if score.above is None:
        return NO_CALL
    return ABOVE if score.above else NOT_ABOVE


def score_words(texts: Texts, score: FindingScore) -> str:
    """The score beside its threshold and its side; never a per cent."""
    value, threshold = f"{score.probability:.2f}", score.threshold
    if threshold is None:
        return texts.tr("{score} · no threshold: no call", score=value)
    bound = f"{threshold:.2f}"
    if value == bound:  # two digits do not tell them apart
        value, bound = f"{score.probability:.4f}", f"{threshold:.4f}"
    if score.above:
        return texts.tr(
            "{score} · threshold {threshold} · above threshold", score=value, threshold=bound
        )
    return texts.tr(
        "{score} · threshold {threshold} · not above threshold", score=value, threshold=bound
    )


def trial_words(texts: Texts, original: FindingScore, trial: FindingScore) -> str:
    """What the score would be, and by how much it moved; in words when it changes sides."""
    moved = trial.probability - original.probability
    value, change = f"{trial.probability:.2f}", f"{moved:+.2f}"
    if trial.above is original.above:
        return texts.tr("Trial: {score} ({change})", score=value, change=change)
    if trial.above:
        return texts.tr(
            "Trial: {score} ({change}), then above threshold", score=value, change=change
        )
    return texts.tr(
        "Trial: {score} ({change}), then not above threshold", score=value, change=change
    )


def verdict_words(texts: Texts, decision: Decision | None) -> str:
    """The reader's word in one word."""
    if decision is None:
        return texts.tr("Undecided")
    return texts.tr(f"verdict.{decision.verdict.value}")


def edit_words(texts: Texts, decision: Decision | None) -> str:
    """What the reader put in the AI finding's place; empty unless it was edited."""
    if decision is None or decision.verdict is not Verdict.EDITED:
        return ""
    parts = [finding_name(texts, decision.code)]
    if decision.side is not None:
        parts.append(texts.tr(f"side.{decision.side.value}"))
    if decision.zone is not None:
        parts.append(texts.tr(f"zone.{decision.zone.value}"))
    if decision.certainty is not None:
        parts.append(texts.tr(f"certainty.{decision.certainty.value}"))
    said = texts.tr("Yours: {finding}", finding=" · ".join(parts))
    return f"{said}\n{decision.comment}" if decision.comment else said


def evidence_words(texts: Texts, row: FindingRow | None) -> str:
    """Why no evidence is drawn for the selected finding; empty when it is."""
    if row is None or row.shows_evidence:
        return ""
    if row.peak_log_odds is None:
        return texts.tr("There is no evidence map for this finding.")
    if row.peak_log_odds <= 0:
        return texts.tr("No positive evidence: nothing on this film speaks for this finding.")
    return texts.tr("Not above threshold: its evidence is drawn only when you ask for it.")


def model_words(texts: Texts, model: ModelInfo | None) -> str:
    """Which model speaks."""
    if model is None:
        return texts.tr("No model package is installed.")
    return texts.tr("{model}, version {version}", model=model.model_id, version=model.version)


def nodule_words(texts: Texts, state: FindingsState) -> str:
    """Each candidate with its size and what that rests on; that there is none never reads as "no nodule"."""
    if state.nodules is None:
        return told(texts, state.nodules_reason) if state.nodules_reason else ""
    if not state.nodules:
        return texts.tr("No nodule candidate; nodules may still be there.")
    lines = [texts.tr("Nodule candidates, circled on the film; real ones are missed, too:")]
    for number, candidate in enumerate(state.nodules, start=1):
        size = f"{candidate.diameter_px:.0f} px ({texts.tr('spacing.none')})"
        if candidate.diameter_mm is not None and candidate.spacing_source is not None:
            source = texts.tr(f"spacing.{candidate.spacing_source.value}")
            size = f"{candidate.diameter_mm:.0f} mm ({source})"
        score = f"{candidate.score:.2f}"
        lines.append(
            texts.tr(
                "{number}. about {size}, score {score}", number=number, size=size, score=score
            )
        )
    return "\n".join(lines)


def marks_words(texts: Texts, model: ModelInfo | None) -> str:
    """How often the model marks a film without a finding."""
    if model is None or model.marks_per_100_normal is None:
        return ""
    return texts.tr(
        "Expected marks per 100 films without a finding: {marks}",
        marks=f"{model.marks_per_100_normal:.0f}",
    )
