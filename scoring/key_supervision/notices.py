"""The notice that an object of key supervision is given (重点监管对象告知书), as an HTML page."""

from html import escape

import law
from scoring.key_supervision.register import KeyObject
from scoring.measures.rules import UNCONFIRMED_ZH

_STYLE = (
    "body{font:16px/1.9 SimSun,serif;max-width:42em;margin:3em auto;color:#000}"
    "h1{text-align:center;font-size:1.5em}p{text-indent:2em;margin:.6em 0}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}td{border:1px solid #000;padding:.4em}"
    "td:first-child{width:8em}.foot{text-align:right;text-indent:0}"
    ".draft{color:#b00000;text-indent:0}@media print{.screen{display:none}}"
)


def notice_page(one: KeyObject, *, notice_no: str, day: str) -> bytes:
    """A page to print, sign and serve. It tells no grade: grades are internal."""
    confirmation = one.confirmation
    assert confirmation is not None  # only objects on the list are notified
    matters = law.codes("matters")
    facts = [
        ("文号", notice_no),
        ("当事人", one.proposal.name),
        ("统一社会信用代码", one.proposal.enterprise_id),
        ("监管事项", "、".join(matters[item].zh for item in one.proposal.items)),
        ("列入原因", "；".join(one.proposal.causes)),
        ("监管主体", confirmation.office),
        ("监管措施", confirmation.measures),
        ("依据", one.proposal.ground),
        ("起始日期", confirmation.on.isoformat()),
        ("复核期限", one.review_on.isoformat() if one.review_on else ""),
    ]
    rows = "".join(f"<tr><td>{escape(key)}</td><td>{escape(text)}</td></tr>" for key, text in facts)
    draft = (
        '<p class="draft">依据中有待法制审核的参数，审核前不得送达。'
        " A parameter it rests on awaits legal review: not to be served before.</p>"
        if UNCONFIRMED_ZH in one.proposal.ground
        else ""
    )
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(notice_no)}'
        f"</title><style>{_STYLE}</style></head><body><h1>重点监管对象告知书</h1>{draft}"
        f"<table>{rows}</table>"
        "<p>本局依法对你单位实施重点监管，请配合监督检查。重点监管不是行政处罚，也不是对信用的评价。"
        "如有异议，可以向监管主体陈述、申辩；期满由监管主体复核，情形消除的予以移出。</p>"
        f'<p class="foot">（印章）<br>{escape(day)}</p>'
        "<p>送达回证：受送达人＿＿＿＿＿＿　日期＿＿＿＿＿＿　送达人＿＿＿＿＿＿</p>"
        '<p class="screen">Notice of key supervision; print, seal and serve it, then record the '
        "service: xinheng key-supervision served</p></body></html>"
    ).encode()
