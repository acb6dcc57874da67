"""Counts that several dimensions share, and the acts they rest on."""

from features.indicators.conditions import equals, fails, holds
from features.indicators.formulas import flag, is_among, months_since
from features.indicators.measures import count, fading_count, fading_weight, latest, lowest
from features.indicators.vocabulary import CONTEXT_MONTHS

# The five dimensions of the national index system. Its annexes (市监信发〔2022〕5号, 〔2023〕96号)
# could not be read: these indicators follow the dimensions and leave the weights to the model.
BASIS_BASIC = "市监信发〔2022〕5号（企业基础属性信息）；国市监信发〔2022〕6号"
BASIS_DYNAMICS = "市监信发〔2022〕5号（企业动态信息）；国市监信发〔2022〕6号"
BASIS_SUPERVISION = "市监信发〔2022〕5号（监管信息）；国市监信发〔2022〕6号"
BASIS_RELATED = "市监信发〔2022〕5号（关联关系信息）；国市监信发〔2022〕6号"
BASIS_SOCIAL = "市监信发〔2022〕5号（社会评价信息）；国市监信发〔2022〕6号"
BASIS_REPORT = "企业信息公示暂行条例第八条；市监信发〔2022〕5号（企业动态信息）"
BASIS_PENALTY = "企业信息公示暂行条例第六条；市监信发〔2022〕5号（监管信息）"
BASIS_HEAVIER = "国家市场监督管理总局令第44号第二条"
BASIS_LIST = "企业信息公示暂行条例第十七条；国家市场监督管理总局令第44号"
BASIS_INSPECTION = "市场主体登记管理条例实施细则第六十五条；企业信息公示暂行条例第十四条"
BASIS_FOOD = "食品安全法第一百一十三条；国家市场监督管理总局令第49号第四十一条"
BASIS_EQUIPMENT = "特种设备安全法第四十条"
BASIS_PUBLIC = "企业信息公示暂行条例第六条；市监信发〔2022〕5号（企业动态信息）"
BASIS_EQUIPMENT_CHECK = "国家市场监督管理总局令第57号第九条、第十六条"

# How strongly an enterprise's own ratio, and one of its peers, is drawn to the overall ratio.
OWN_WEIGHT = 4
PEER_WEIGHT = 20

COUNTED = holds(
    "is_counted", zh="不含复查和抽检，且有检查结论", en="concluded, no follow-up, no sampling test"
)
PROBLEM = holds("is_problem", zh="发现问题", en="problem found")
CRITICAL = holds("has_critical", zh="有严重问题", en="critical finding")
LAST = holds("is_last", zh="最近一次", en="the last one")
FOOD_TEST = holds("is_food", zh="食品", en="food")
FOOD = equals("matter", "food", zh="食品领域", en="food")
EQUIPMENT = equals("matter", "special_equipment", zh="特种设备领域", en="special equipment")
HEAVIER = holds("is_heavier", zh="较重行政处罚", en="heavier penalty")
REPEAT = holds("is_repeat", zh="一年内同领域再犯", en="same matter again within a year")
OPEN = holds("is_open", zh="尚未移出", en="not removed yet")
IN_FORCE = holds("is_open", zh="尚未解除", en="still in force")
CURRENT = holds("is_current", zh="现任（现存）", en="current")
REFUSED = holds("is_refused", zh="不配合检查", en="refused")
FAILED = holds("is_failed", zh="不合格", en="failed")
CONCLUDED_TEST = holds("is_concluded", zh="已有结论", en="concluded")
LIABLE = holds("is_liable", zh="负有责任", en="found liable")
BROKEN = holds("is_broken", zh="最近一次核查为未履行", en="broken at its newest check")
UNCOMPLETED = fails("is_completed", zh="未按期完成", en="not completed in time")
ORDERED = equals("recall_kind", "ordered", zh="责令召回", en="ordered")
VALID = holds("is_valid", zh="有效", en="valid")
EXPIRED = holds("is_expired", zh="过期未续", en="expired, not renewed")
VERIFIED = holds("is_verified", zh="查证属实", en="found true")

VISITS = count("inspection", within=CONTEXT_MONTHS, where=(COUNTED,))
PROBLEM_VISITS = count("inspection", within=CONTEXT_MONTHS, where=(COUNTED, PROBLEM))
CRITICAL_VISITS = count("inspection", within=CONTEXT_MONTHS, where=(COUNTED, CRITICAL))
FADING_VISITS = fading_count("inspection", half_life=12, where=(COUNTED,))
FADING_PROBLEMS = fading_count("inspection", half_life=12, where=(COUNTED, PROBLEM))
FADING_CRITICAL = fading_count("inspection", half_life=12, where=(COUNTED, CRITICAL))
# What the last months found nearby: who is checked there, and how strictly, changes fast.
RECENT_VISITS = fading_weight("inspection", half_life=3, where=(COUNTED,))
RECENT_PROBLEMS = fading_weight("inspection", half_life=3, where=(COUNTED, PROBLEM))
RECENT_CRITICAL = fading_weight("inspection", half_life=3, where=(COUNTED, CRITICAL))
PENALTIES = count("penalty", within=CONTEXT_MONTHS)
OPEN_LISTINGS = count("listing", where=(OPEN,))
TESTS = count("sampling_test", within=CONTEXT_MONTHS, where=(CONCLUDED_TEST,))
FAILED_TESTS = count("sampling_test", within=CONTEXT_MONTHS, where=(FAILED,))
OPEN_DEFAULTS = count("judgment_default", where=(OPEN,))

ABNORMAL = equals("list", "abnormal_operations_list", zh="经营异常名录", en="abnormal operations")
SERIOUS = equals(
    "list", "serious_violation_list", zh="严重违法失信名单", en="serious violation list"
)
ON_ABNORMAL_LIST = flag(count("listing", where=(ABNORMAL, OPEN)))
ON_SERIOUS_LIST = flag(count("listing", where=(SERIOUS, OPEN)))

STATUS = latest("registration", "status")
ACTIVE = is_among(STATUS, "active", "dormant")
REVOKED = is_among(STATUS, "revoked", "annulled")
INDUSTRY = latest("registration", "industry_code")
ESTABLISHED = latest("registration", "established_on")
AGE = months_since(ESTABLISHED, lowest("registration", "event_on"))
