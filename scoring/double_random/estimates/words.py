"""What the report says in words: Chinese first, English second."""

from collections.abc import Mapping

from features.messages import Message
from scoring.double_random.estimates.sample import (
    FINE,
    IDLE,
    PROBLEM,
    UNFULFILLED,
    VANISHED,
    WAITING,
)

TITLE = "双随机抽查结果估计 Estimates of a double-random round"
RESTRICTION = Message(
    "本报告含信用风险分级和检查人员统计，仅供内部配置监管资源，不得对外公布，不得作为处罚依据。",
    "This report holds statistics by grade and by inspector: for internal use only, not for"
    " publication, no ground for a penalty.",
)
OUTCOMES: Mapping[str, str] = {
    PROBLEM: "发现问题 problem found",
    FINE: "未发现问题 no problem found",
    VANISHED: "查无下落或已注销关闭 vanished or closed",
    IDLE: "未开展相关经营 activity not carried on",
    UNFULFILLED: "未完成（有原因） not made, with a reason",
    WAITING: "尚无结果 no result yet",
}
METHODS: Mapping[str, str] = {
    "clopper_pearson": "Clopper–Pearson 精确 exact",
    "hypergeometric": "超几何精确 exact hypergeometric",
    "korn_graubard": "Horvitz–Thompson + Korn–Graubard",
    "melded": "合并精确分布 melded exact (Fay 2015)",
    "gamma_poisson": "Gamma–Poisson 收缩 shrinkage",
}
BASIS: Mapping[str, str] = {
    "model": "模型 model",
    "direct_rule": "直接判定 direct rule",
    "floor": "新设企业下限 floor for the new",
    "override": "人工调整 override",
}
EMPTY = Message(
    "尚无检查结果。录入结果后（xinheng campaign results）即可估计；下列各项暂不可知。",
    "There are no results yet. Once they are entered (xinheng campaign results) this report gives"
    " estimates; until then it tells the draw alone.",
)
MISSING_NOTE = Message(
    "未出结果的检查按同层其他检查推算；若结果先后与问题有关，估计会偏。"
    "最终问题率（不计抽样误差）必在下列界限之内。",
    "Visits without a result are taken to be like the others of their stratum; if problems come in"
    " earlier or later than the rest, the estimate is off. Sampling error aside, the final rate"
    " lies within the bounds below.",
)
POPULATION_NOTE = Message(
    "每户被抽概率为 n/N（两个整数），一户代表 N/n 户。查无下落的企业留在分母中，单列一类结果。"
    "备选对象的结果不进入比率。区间不用正态近似。",
    "An enterprise drawn with chance n/N stands for N/n. Vanished firms stay in the denominator, as"
    " an outcome of their own. Results of reserves enter no rate. No interval is a normal one.",
)
GRADE_NOTE = Message(
    "区间按不放回抽样的超几何分布精确计算；各层概率不同的，用有效样本量并向外取整。",
    "Intervals are those of drawing without replacement, exactly; where strata had different"
    " chances, on the effective number of visits, rounded outwards.",
)
LIFT_NOTE = Message(
    "按分级抽查每次检查发现问题的比例，除以均等抽查的预计比例。二者出自同一次抽取：没有任何企业的概率为零。",
    "Problems per visit of this graded draw over what visits by equal chances would find, both from"
    " the same draw, in which nobody's chance is zero.",
)
BURDEN_NOTE = Message(
    "对未发现问题企业的检查次数，除以名录中估计的守规企业数（每百户）。",
    "Visits that found no problem, per 100 of the enterprises estimated to have none.",
)
RATIOS_NOTE = Message(
    "不再抽取而推算其他比例：发现一个问题代表 n'/n 个，n' 为该比例下该层的检查数。"
    "区间是预计发现数的区间，不含那次抽取自身的偶然。",
    "Other ratios, told without drawing again: a problem found stands for n'/n problems, n' being"
    " the visits of that stratum under those ratios. The interval is that of the expectation; the"
    " chance of that other draw comes on top.",
)
INSPECTORS_NOTE = Message(
    "一次检查计入每名参加人员；检查对象由抽签分配，但执法证、辖区、回避会使对象不同。"
    "系数向 1 收缩，检查次数少者收缩多。仅供了解尺度是否一致，不是绩效评价。",
    "A visit counts for every inspector on it. Objects are given by lot, but certificates, areas"
    " and avoidance make them differ. Factors shrink towards 1, the more the fewer the visits. A"
    " reason to compare notes, no appraisal of anybody.",
)
EQUITY_NOTE = Message(
    "强度＝平均被抽概率与全体之比，只取决于等级和近期检查，不取决于行业或规模本身。",
    "Intensity is the mean inclusion probability relative to everybody's; it depends on grades and"
    " recent visits alone, never on industry or size as such.",
)
