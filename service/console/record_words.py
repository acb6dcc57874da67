"""Labels of codes whose meaning depends on their field: field, code, (Chinese, English).

Closed lists that stand in record_kinds.yaml itself carry no labels there.
"""

FIELD_WORDS: dict[str, dict[str, tuple[str, str]]] = {
    "campaign_role": {
        "drawn": ("抽中", "drawn"),
        "reserve": ("备选", "reserve"),
    },
    "honour_kind": {
        "honour": ("荣誉称号", "honour"),
        "quality_award": ("质量奖", "quality award"),
        "system_certification": ("管理体系认证", "system certification"),
        "product_certification": ("产品认证", "product certification"),
        "tax_rating": ("纳税信用等级", "tax rating"),
    },
    "test_kind": {
        "food": ("食品", "food"),
        "product": ("产品", "product"),
        "agricultural_product": ("食用农产品", "agricultural product"),
    },
    "failure_kind": {
        "safety": ("安全指标", "safety"),
        "quality": ("质量指标", "quality"),
        "label": ("标签标识", "label"),
    },
    "measure": {
        "sealing": ("查封", "sealing"),
        "seizure": ("扣押", "seizure"),
        "equipment_stop": ("停用设备", "equipment stopped"),
        "enforcement_fine": ("加处罚款", "enforcement fine"),
    },
    "action": {
        "registered": ("设立登记", "registered"),
        "freeze": ("冻结", "freeze"),
        "unfreeze": ("解除冻结", "unfreeze"),
        "forced_transfer": ("强制转让", "forced transfer"),
        "begun": ("开始", "begun"),
        "ended": ("结束", "ended"),
    },
    "commitment_kind": {
        "approval": ("审批替代", "in place of approval"),
        "voluntary": ("主动公示", "made public"),
        "repair": ("信用修复", "for repair"),
        "industry": ("行业自律", "of an industry"),
    },
    "result": {
        "not_concluded": ("未作结论", "not concluded"),
        "kept": ("已履行", "kept"),
        "broken": ("未履行", "broken"),
        "normal": ("正常", "normal"),
        "hazard": ("存在隐患", "hazard"),
    },
    "check_kind": {
        "self_check": ("自行检查", "self check"),
        "maintenance": ("维护保养", "maintenance"),
    },
    "level": {
        "ordinary": ("一般", "ordinary"),
        "larger": ("较大", "larger"),
        "major": ("重大", "major"),
        "extraordinary": ("特别重大", "extraordinary"),
        "first": ("一级", "first"),
        "second": ("二级", "second"),
        "third": ("三级", "third"),
    },
    "recall_kind": {
        "voluntary": ("主动召回", "voluntary"),
        "ordered": ("责令召回", "ordered"),
    },
    "role": {
        "shareholder": ("股东", "shareholder"),
        "director": ("董事", "director"),
        "supervisor": ("监事", "supervisor"),
        "senior_manager": ("高级管理人员", "senior manager"),
        "contact": ("联络员", "contact"),
    },
    "relation": {
        "shareholder": ("股东", "shareholder"),
        "investment": ("对外投资", "investment"),
        "branch": ("分支机构", "branch"),
        "parent": ("所属企业", "parent"),
    },
    "right_kind": {
        "trademark": ("商标", "trademark"),
        "patent": ("专利", "patent"),
        "geographical_indication": ("地理标志", "geographical indication"),
    },
    "announcement_kind": {
        "simplified_deregistration": ("简易注销公告", "simplified deregistration"),
        "capital_reduction": ("减资公告", "capital reduction"),
        "merger": ("合并公告", "merger"),
        "division": ("分立公告", "division"),
        "dissolution": ("解散公告", "dissolution"),
        "liquidation": ("清算公告", "liquidation"),
        "licence_void": ("证照作废声明", "licence void"),
        "suspected_impersonation": ("涉嫌冒名登记公示", "suspected impersonation"),
    },
    "category": {
        "sanitation_complaint": ("环境卫生投诉", "sanitation complaint"),
        "burglary": ("入室盗窃", "burglary"),
    },
}
