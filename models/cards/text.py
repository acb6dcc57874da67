"""Words of the model card, Chinese first."""

from collections.abc import Mapping

from models.rating.scoring_model import GENERAL
from models.rating.sectors import Sector
from models.study.challengers import CHALLENGER

_MODEL_LABELS = {
    GENERAL: "通用模型 general",
    CHALLENGER: "挑战者（可交互的提升树） challenger",
}
FIGURE_LABELS = {
    "auc": "AUC",
    "auc_difference": "AUC 与通用模型之差 difference to general",
    "average_precision": "平均精确率 average precision",
    "precision_at_10": "前 10% 命中率 precision in the top 10 %",
    "days_earlier": "提前天数 days earlier",
    "first_half_share": "前半程发现占比 found in the first half",
    "calibration_error": "校准误差（百分点） calibration error (pp)",
    "calibration_error_corrected": (
        "扣除偶然误差后的校准误差（百分点） calibration error beyond chance (pp)"
    ),
    "calibration_bias": "平均偏差（百分点） mean bias (pp)",
}
SNAPSHOT_LABELS = {
    "archive_build": "档案批次 archive build",
    "last_known": "数据截止日 last known day",
    "region": "适用地区 region",
}
BASIS_LABELS = {"drawn": "随机抽查 drawn", "all": "全部检查 all"}
PART_LABELS = {"training": "训练 training", "test": "检验 test", "shipped": "发布模型 shipped"}

PURPOSE = """\
本模型的分数和等级仅供市场监管部门内部配置监管资源时参考，不是信用评价，不作为行政处罚依据，不对外公示；\
任何等级都不免除被抽查。
Scores and grades are an internal aid for placing supervision effort. They are not a credit \
assessment, not a ground for a penalty, not shown to the public, and no grade exempts from sampling.
""".splitlines()

METHOD = """\
通用模型为可加评分卡：每棵树只用一个指标，方向由指标目录规定，合并后等于每个指标一张分箱得分表，手工相加\
即得总分。行业子模型以通用模型对数几率为起点，只补充行业指标的信息；标签不足时即为通用模型。\
同属几个行业的企业取风险最高的结果。概率经按企业交叉拟合校准。分数越高越安全。
The general model is an additive scorecard: no tree mixes indicators, signs are fixed by the \
catalogue, and the trees collapse exactly to one table of points per indicator that adds up by \
hand. Sector models start from the general log-odds and add what sector indicators say; with few \
labels they are the general model. In several sectors, the riskiest result counts. Probabilities \
are calibrated by cross-fitting over enterprises. More points are safer.
""".splitlines()

FIGURES_NOTE = """\
以下数字来自对检验窗口一无所知的模型；发布的模型随后用全部数据以相同树数重新拟合。\
方括号为 95% 自助法区间。
Figures are of models that knew nothing of the test window; the shipped models were then fitted \
again to all rows with the same numbers of trees. Brackets: 95 % bootstrap interval.
""".splitlines()


def model_label(model: str, sectors: Mapping[str, Sector]) -> str:
    """What a model is called: the general one, the challenger, or a sector's sub-model."""
    if model in _MODEL_LABELS:
        return _MODEL_LABELS[model]
    return f"{sectors[model].zh}子模型 {sectors[model].en}"


GROUPING_LABELS = {"area": "地区 area", "industry": "行业 trade", "size": "规模 size"}

EQUITY_NOTE = """\
以检验窗口受检企业中分数最高风险的十分之一为“选中”。误报率为无问题企业中被选中的比例。各组问题率不同，\
选中率自然不同；误报率明显偏高的组应先查明原因。方括号为 95% Wilson 区间。
Selected are the riskiest tenth of the inspections of the test window. A false alarm is a selected \
enterprise that was sound. Groups differ in their rates, and so in how often they are selected; \
find out why where false alarms are plainly more frequent. Brackets: Wilson interval of 95 %.
""".splitlines()

STUDY_NOTES = {
    "trials": """\
子模型的树数由按企业交叉验证确定；随后在较新窗口上与通用模型比较，未能优于通用模型的不起作用。
A sub-model's trees are cross-validated by enterprise; then it is compared with the general model \
on a later window, and one that is not better contributes nothing.
""".splitlines(),
    "rolling": """\
每个窗口由此前已结束的窗口训练的通用模型评分。PSI 低于 0.1 通常视为稳定，高于 0.25 视为明显变化。
Each window is scored by a general model of windows that had ended before it. A PSI below 0.1 is \
commonly read as stable, above 0.25 as moved.
""".splitlines(),
    "ablation": """\
不用某一维度的指标重新拟合，在同一检验窗口配对比较；接近零表示其信息也在其他维度中。
Fitted again without the indicators of a dimension and compared on the same rows; near zero means \
that the others say the same.
""".splitlines(),
    "logistic": """\
分箱逻辑回归（十个等量分箱加缺失箱）与通用模型在同一检验窗口之差；提升树挑战者见上表。
A logistic regression on ten quantile bins and one for missing, less the general model, on the \
same rows; the boosted challenger stands in the table of figures.
""".splitlines(),
    "curve": """\
只用一部分企业的标签训练时的 AUC。曲线末端仍上升，说明更多检查结果还会改进模型。
AUC when only a share of the enterprises teaches. A curve that still rises at its end says that \
more inspections would improve the model.
""".splitlines(),
    "sector_curve": """\
标签少时子模型收缩为通用模型（树数为 0）；“不收缩”是不论标签多少都用满全部树的子模型。
With few labels the sub-model shrinks to the general model (no trees); "unshrunk" takes every tree \
it may, whatever the labels deserve.
""".splitlines(),
}
