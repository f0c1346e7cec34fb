"""The model card: what the network is, how well it does and where it fails, in English and Chinese.

The words are the same for every package; the numbers come from its metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from model.runtime.metadata import LabelRecord, PackageMetadata

STYLE = (
    "body{font-family:sans-serif;max-width:60rem;margin:1rem auto;padding:0 1rem;line-height:1.5}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.2rem .6rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}section{margin-bottom:3rem}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language's sentences."""

    language: str
    title: str
    purpose: str
    data: str
    scores: str
    marks: str
    columns: tuple[str, ...]
    untrained: str
    limits_title: str
    limits: tuple[str, ...]
    further: str
    names: Mapping[str, str]


ENGLISH = Wording(
    language="en",
    title="Model card",
    purpose="Scores findings on frontal chest films of adults, for a reader who decides. It is no "
    "diagnosis and was not clinically validated.",
    data="Trained on {train} films of {patients} patients, chosen and calibrated on {val}, from: {sites}. "
    "NIH ChestX-ray14 films: courtesy of the NIH Clinical Center (Wang et al. 2017). Its labels were "
    "mined from reports and are partly wrong: of 601 films labelled pneumonia in this collection, "
    "radiologists read 62 as normal. The scores inherit this.",
    scores="A score is calibrated to the validation films and their prevalence; it is not the "
    "probability of disease at another hospital.",
    marks="At the default thresholds expect about {marks:.0f} marks per 100 normal films, all findings "
    "together.",
    columns=(
        "Finding",
        "AUROC (95 % interval)",
        "positives",
        "threshold",
        "sensitivity",
        "specificity",
    ),
    untrained="Not offered (too few cases, or not shown to beat chance): {labels}.",
    limits_title="Known limits",
    limits=(
        "Adults only; frontal films only; one film at a time, no comparison with earlier ones.",
        "Few cases: differences under 0.06 in these figures mean nothing.",
        (
            "The published network trained on 112,120 films reaches 0.78 for any abnormality on "
            "these labels; this one saw about a fiftieth of them."
        ),
        "Small nodules are easily missed. A clear score does not exclude a finding.",
        "The evidence map shows what raised the score, not the outline of a lesion.",
        "Scores can follow scanner, position and devices such as drains as much as the disease.",
    ),
    further="Figures on validation; intervals resample patients.",
    names={},
)
CHINESE = Wording(
    language="zh",
    title="模型说明卡",
    purpose="对成人正位胸片的征象打分,供阅片医生参考,由医生作出判断。它不构成诊断,也未经临床验证。",
    data="以 {patients} 名患者的 {train} 张胸片训练,在 {val} 张上选择与校准,来源:{sites}。"
    "NIH ChestX-ray14 胸片由美国国立卫生研究院临床中心提供(Wang 等,2017)。其标签由报告文本挖掘而来,"
    "部分有误:本数据集中 601 张标为肺炎的胸片,有 62 张被放射科医生判读为正常。分数同样带有这种误差。",
    scores="分数按验证集及其患病率校准,并不等于在其他医院的患病概率。",
    marks="按默认阈值,每 100 张正常胸片预计共出现约 {marks:.0f} 个标记(所有征象合计)。",
    columns=("征象", "AUROC(95% 区间)", "阳性数", "阈值", "灵敏度", "特异度"),
    untrained="不提供(病例过少,或未显示优于随机):{labels}。",
    limits_title="已知局限",
    limits=(
        "仅限成人;仅限正位片;一次只看一张,不与既往片比较。",
        "病例很少:以上数字相差 0.06 以内没有意义。",
        "用 112,120 张胸片训练的已发表网络,在这些标签上“任何异常”的 AUROC 为 0.78;本网络只见过其中约五十分之一。",
        "小结节容易漏诊。分数低不能排除病变。",
        "证据图显示的是使分数升高的区域,不是病灶的轮廓。",
        "分数可能受设备、体位以及引流管等器械影响,而不只反映疾病。",
    ),
    further="数字来自验证集;区间按患者重采样。",
    names={
        "atelectasis": "肺不张",
        "cardiomegaly": "心脏增大",
        "effusion": "胸腔积液",
        "infiltration": "浸润",
        "mass": "肿块",
        "nodule": "结节",
        "pneumonia": "肺炎",
        "pneumothorax": "气胸",
        "consolidation": "实变",
        "edema": "肺水肿",
        "emphysema": "肺气肿",
        "fibrosis": "纤维化",
        "pleural_thickening": "胸膜增厚",
        "hernia": "疝",
        "any_abnormality": "任何异常",
    },
)


def card_html(metadata: PackageMetadata) -> str:
    """One self-contained page, a section a language."""
    title = escape(f"{metadata.package_id} {metadata.version}")
    sections = "".join(_section(metadata, words) for words in (ENGLISH, CHINESE))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{sections}</body></html>"
    )


def _section(metadata: PackageMetadata, words: Wording) -> str:
    training: Mapping[str, Any] = metadata.training
    sites = ", ".join(training.get("sites", ()))
    data = words.data.format(
        train=training.get("films_train", "?"),
        val=training.get("films_val", "?"),
        patients=training.get("patients_train", "?"),
        sites=sites,
    )
    marks = words.marks.format(
        marks=metadata.metrics.get("marks_per_100_normals", float("nan"))
    )
    untrained = [_name(label, words) for label in metadata.labels if not label.trained]
    paragraphs = [words.purpose, data, words.scores, marks, words.further]
    if untrained:
        paragraphs.append(words.untrained.format(labels=", ".join(untrained)))
    limits = "".join(f"<li>{escape(line)}</li>" for line in words.limits)
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    heading = escape(f"{words.title}: {metadata.package_id} {metadata.version}")
    return (
        f'<section lang="{words.language}"><h1>{heading}</h1>{body}{_table(metadata, words)}'
        f"<h2>{escape(words.limits_title)}</h2><ul>{limits}</ul></section>"
    )


def _table(metadata: PackageMetadata, words: Wording) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in words.columns)
    rows = "".join(_table_row(label, words) for label in metadata.labels if label.trained)
    return f"<table><tr>{head}</tr>{rows}</table>"


def _table_row(label: LabelRecord, words: Wording) -> str:
    v = label.validation
    area, low, high = (v.get(k, float("nan")) for k in ("auroc", "auroc_low", "auroc_high"))
    cells = (
        _name(label, words),
        f"{area:.2f} ({low:.2f}–{high:.2f})",
        f"{v.get('positives', 0):.0f}",
        f"{label.threshold:.3f}" if label.threshold is not None else "–",
        f"{v.get('sensitivity', float('nan')):.2f}",
        f"{v.get('specificity', float('nan')):.2f}",
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _name(label: LabelRecord, words: Wording) -> str:
    return words.names.get(label.code, label.name)
