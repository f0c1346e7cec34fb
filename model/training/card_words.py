"""The model card's sentences in English and Chinese; every number comes from the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One language's sentences; the places in braces are filled from the package's metadata."""

    language: str
    title: str
    purpose: str
    population: str
    everyone: str
    data: str
    local: str
    nih: str
    scores: str
    marks: str
    marks_test: str
    columns: tuple[str, ...]
    figures: str
    figures_test: str
    untested: str
    mean: str
    calibration: str
    pointing: str
    check: str
    unusable: str
    no_check: str
    nodules: str
    nodules_unmeasured: str
    nodules_shown: str
    nodules_hidden: str
    nodules_real: str
    nodules_size: str
    nodules_simulated: str
    nodules_others: str
    splits: Mapping[str, str]
    untrained: str
    headings: tuple[str, str, str, str]
    limits: tuple[str, ...]
    limits_adults: str
    limits_nih: tuple[str, ...]
    least_sure: str
    small_sample: str
    guess_nih: str
    nodules_reading: str
    licence: str
    names: Mapping[str, str]


ENGLISH = Wording(
    language="en",
    title="Model card",
    purpose="Scores findings on frontal chest films, for a reader who decides. It is no "
    "diagnosis and was not clinically validated. It was never compared with adjudicated readings.",
    population="For patients of {age:.0f} years and over, frontal films (PA and AP) from CR and DX. Of "
    "other ages, views and devices nothing is known.",
    everyone="For frontal films (PA and AP) from CR and DX, of patients of any age. Of other views and devices "
    "nothing is known.",
    data="Trained on {train} films of {patients} patients; chosen, calibrated and thresholded on "
    "{val} films of others. Sites: {sites}.",
    local="Recalibrated on {films} local films: {labels}. Their thresholds and their figures of validation are of these "
    "films.",
    nih="NIH ChestX-ray14 films: courtesy of the NIH Clinical Center (Wang et al. 2017), one hospital in "
    "the United States, 1992-2015. The labels were mined from reports and are partly wrong: of 601 films labelled pneumonia in "
    "this collection, radiologists read 62 as normal. The scores inherit this, and the figures "
    "below are measured against the same labels.",
    scores="A score is calibrated to the validation films and their prevalence; it is not the probability of disease at another hospital.",
    marks="At the default thresholds expect about {marks:.0f} marks per 100 normal films, all findings "
    "together.",
    marks_test="On the test films it was {marks:.0f}.",
    columns=(
        "Finding",
        "threshold",
        "AUROC, validation",
        "positives",
        "AUROC, test",
        "positives",
        "sensitivity, test",
        "specificity, test",
    ),
    figures="AUROC with 95 % intervals that resample patients; shares with Wilson's intervals.",
    figures_test="Test: {films} films of {patients} patients of all ages, from the same sites and never used for a choice; "
    "reading number {readings} of these test films.",
    untested="The test split has not been read for this package; all figures are from validation.",
    mean="Mean AUROC on test of the {count} findings with 15 positives or more, those not offered "
    "included: {mean}; of the {offered} offered ones: {offered_mean}.",
    calibration="Any abnormality on test: slope {slope}, intercept {intercept}, mean score {score:.2f} "
    "at a prevalence of {prevalence:.2f}, ECE {ece:.3f} (a perfectly calibrated model would show "
    "{chance:.3f} by chance).",
    pointing="The hottest point of the evidence map lies in a radiologist's box in {pointing} of {boxed} boxed "
    "findings on test.",
    guess_nih="A guess by position alone reached 35 % on the NIH boxes.",
    check="Before scoring, a film is checked. Usable test films refused wrongly: {refused}; mirrored "
    "ones warned of: {mirrored}; turned or inverted ones refused: at least {turned} % of each kind.",
    unusable="Of {films} images that are no usable frontal film (lateral views, CT, MR, photographs, "
    "animals, annotated pictures) {all} were refused, of the grey ones {grey}.",
    no_check="This package has no input check: films that are turned, inverted or no chest at all are scored.",
    nodules="It has no nodule detector; the nodule and mass scores speak of the whole film.",
    nodules_unmeasured="Its detector of nodule candidates was not measured on films it had not seen; it is switched off.",
    nodules_shown="A second network marks places where a nodule or mass may lie, with a diameter. It is switched on "
    "because it finds at least 35 % of real ones at one false mark a film; network and threshold were chosen on the "
    "validation films. It misses many: a film without a candidate "
    "may show a nodule. Its score ranks candidates and is no probability. The diameter is measured on the film; "
    "in mm it is only as good as the film's spacing.",
    nodules_hidden="It holds a second network for nodule candidates, which is switched off: it finds less than 35 % of "
    "real ones at one false mark a film.",
    nodules_real="{lesions} boxed nodules and masses on {films} films, the others without a finding ({sites}; {splits}): "
    "sensitivity {half} at 0.5 false marks a film, {one} at 1, {two} at 2. At the package's threshold {sensitivity}, "
    "with {false} false marks a film.",
    nodules_size="Diameter found by diameter of the box, {count} lesions: {middle:.2f} in the median, half of them between "
    "{low:.2f} and {high:.2f}.",
    nodules_simulated="Simulated nodules in the films without a finding, for comparison only ({lesions}): {one} at 1 false "
    "mark a film.",
    nodules_reading="This was reading number {readings} of these test films.",
    nodules_others="On {films} films with other findings it makes {false} marks a film.",
    splits={"train": "train", "val": "validation", "test": "test", "all": "all films"},
    untrained="Not offered (too few cases, or not shown to beat chance): {labels}.",
    headings=("Figures", "Where it looks and what it refuses", "Known failures", "Licence"),
    limits=(
        "Frontal films only; one film at a time, no comparison with earlier ones.",
        (
            "Small and subtle lesions are missed: for its scores, films are reduced to {size} pixels. A score under "
            "its threshold does not exclude a finding."
        ),
        "The evidence map shows what raised the score, not the outline of a lesion.",
        "Dextrocardia, prostheses and rare diseases were hardly seen in training: expect false marks.",
    ),
    limits_adults="It did not train on patients under {age:.0f}: expect false marks on them.",
    limits_nih=(
        (
            "Scores can follow scanner, position and devices such as drains as much as the disease: "
            "many labelled pneumothoraces already have a drain."
        ),
        (
            "The published network trained on 112,120 of these films reaches 0.78 for any abnormality on "
            "these labels."
        ),
    ),
    least_sure="Least sure of the offered findings: {label}, AUROC {area}.",
    small_sample="Few cases: the interval of any abnormality is {width:.2f} wide; smaller differences mean nothing.",
    licence="Weights: {licence}. No film is contained.",
    names={},
)
CHINESE = Wording(
    language="zh",
    title="模型说明卡",
    purpose="对正位胸片的征象打分,供阅片医生参考,由医生作出判断。它不构成诊断,未经临床验证,也从未与专家共识判读作过比较。",
    population="适用于 {age:.0f} 岁及以上患者的 CR、DX 正位胸片(PA 与 AP)。其他年龄、体位和设备的表现未知。",
    everyone="适用于各年龄患者的 CR、DX 正位胸片(PA 与 AP)。其他体位和设备的表现未知。",
    data="以 {patients} 名患者的 {train} 张胸片训练;模型选择、校准与阈值均在另外患者的 {val} 张胸片上确定。来源:{sites}。",
    local="已用 {films} 张本地胸片重新校准:{labels}。这些征象的阈值与验证数字均来自这批胸片。",
    nih="NIH ChestX-ray14 胸片由美国国立卫生研究院临床中心提供(Wang 等,2017),为美国一家医院 1992–2015 年的资料。"
    "标签由报告文本挖掘而来,部分有误:本数据集中 601 张标为肺炎的胸片,有 62 张被放射科医生判读为正常。"
    "分数同样带有这种误差,下列数字也是对照同一批标签得出的。",
    scores="分数按验证集及其患病率校准,并不等于在其他医院的患病概率。",
    marks="按默认阈值,每 100 张正常胸片预计共出现约 {marks:.0f} 个标记(所有征象合计)。",
    marks_test="在测试集上为 {marks:.0f} 个。",
    columns=(
        "征象",
        "阈值",
        "AUROC(验证)",
        "阳性数",
        "AUROC(测试)",
        "阳性数",
        "灵敏度(测试)",
        "特异度(测试)",
    ),
    figures="AUROC 附 95% 区间(按患者重采样);比例附 Wilson 区间。",
    figures_test="测试集:{patients} 名患者(含各年龄)的 {films} 张胸片,来源相同,从未用于任何选择;本次为这些测试胸片的第 {readings} 次读取。",
    untested="本模型包尚未读取测试集;所有数字均来自验证集。",
    mean="测试集上阳性数不少于 15 的 {count} 种征象(含不提供者),AUROC 均值:{mean};其中提供的 {offered} 种:{offered_mean}。",
    calibration="测试集“任何异常”:斜率 {slope},截距 {intercept},平均分数 {score:.2f},患病率 {prevalence:.2f},"
    "ECE {ece:.3f}(完全校准的模型仅因偶然也会有 {chance:.3f})。",
    pointing="测试集 {boxed} 个有标注框的征象中,证据图最热点落在放射科医生标注框内的比例为 {pointing}。",
    guess_nih="在 NIH 标注框上,仅凭位置猜测为 35 %。",
    check="打分前先检查影像。可用的测试胸片被误拒:{refused};左右镜像者得到提示:{mirrored};旋转或反相者被拒绝:每一类均不低于 {turned} %。",
    unusable="{films} 张不可用的图像(侧位、CT、MR、照片、动物、带标注的图片等)中,被拒绝的比例为 {all},其中灰度图像为 {grey}。",
    no_check="本模型包没有输入检查:旋转、反相甚至并非胸片的图像也会被打分。",
    nodules="没有结节检测器;结节与肿块的分数针对整张胸片。",
    nodules_unmeasured="其候选结节检测器尚未在未见过的胸片上测评,已关闭。",
    nodules_shown="另有一个网络标出可能存在结节或肿块的位置并给出直径。因其在平均每片 1 个假阳性标记时能检出至少 35 % 的真实病灶,"
    "故予启用;网络与阈值在验证集上选定。漏检仍多:没有候选标记的胸片也可能有结节。其分数仅用于候选之间排序,并非概率。直径在胸片上测得;"
    "以毫米表示时,其准确性取决于该片的像素间距。",
    nodules_hidden="包内另有候选结节网络,但已关闭:在平均每片 1 个假阳性标记时,检出的真实病灶不足 35 %。",
    nodules_real="{films} 张胸片上有标注框的结节与肿块 {lesions} 个,其余胸片无征象({sites};{splits}):平均每片 0.5 个假阳性标记时灵敏度 {half},"
    "1 个时 {one},2 个时 {two}。按本包阈值为 {sensitivity},平均每片假阳性标记 {false} 个。",
    nodules_size="检出直径与标注框直径之比({count} 个病灶):中位数 {middle:.2f},半数在 {low:.2f} 至 {high:.2f} 之间。",
    nodules_simulated="在无征象胸片中加入的模拟结节,仅供对照({lesions} 个):平均每片 1 个假阳性标记时 {one}。",
    nodules_reading="本次为这些测试胸片的第 {readings} 次读取。",
    nodules_others="在 {films} 张有其他征象的胸片上,平均每片标记 {false} 个。",
    splits={"train": "训练集", "val": "验证集", "test": "测试集", "all": "全部胸片"},
    untrained="不提供(病例过少,或未显示优于随机):{labels}。",
    headings=("数字", "关注的位置与拒绝的影像", "已知的失误", "许可"),
    limits=(
        "仅限正位片;一次只看一张,不与既往片比较。",
        "微小或不明显的病灶容易漏诊:打分时影像被缩小到 {size} 像素。分数未达阈值不能排除病变。",
        "证据图显示的是使分数升高的区域,不是病灶的轮廓。",
        "右位心、假体及少见病在训练中几乎没有,可能出现误标。",
    ),
    limits_adults="未用 {age:.0f} 岁以下患者的胸片训练:对其可能出现误标。",
    limits_nih=(
        "分数可能受设备、体位以及引流管等器械影响,而不只反映疾病:许多标为气胸的胸片已置有引流管。",
        "用其中 112,120 张胸片训练的已发表网络,在这些标签上“任何异常”的 AUROC 为 0.78。",
    ),
    least_sure="所提供的征象中最不可靠者:{label},AUROC {area}。",
    small_sample="病例很少:“任何异常”的区间宽达 {width:.2f},小于此的差别没有意义。",
    licence="权重:{licence}。本包不含任何胸片。",
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
