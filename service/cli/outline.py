"""The commands and what each is for, so that none is imported where all are only listed."""

# By the module under service/cli/ that has them.
MODULES = {
    "server": {
        "init": "建立目录、密钥和数据库 / Make folders, keys and the database; safe to run again.",
        "migrate": "升级数据库结构 / Bring the database's schema up to date.",
        "serve": "启动 API 和控制台 / "
        "Serve API and console, on this machine only unless told otherwise.",
        "refresh-lists": "从档案刷新登记核查所用的名单 / "
        "Load the lists for credit checks from the archive.",
        "openapi": "打印接口定义 / Print the API's definition (docs/openapi.json).",
        "key": "API 密钥 / API keys",
        "receipts": "信用核查回执 / receipts of credit checks",
    },
    "data": {
        "simulate": "模拟一座城市各部门报送的文件 / "
        "Simulate the files that a city's departments would send.",
        "import": "导入部门报送的文件 / Import departments' files; bad rows go to a reject file.",
        "undo-import": "撤销一次导入 / Undo one import; then build the archive again.",
        "indicators": "列出指标目录，或写成文件 / "
        "List the indicator catalogue, or write it to a file.",
        "law": "法规参数 / parameters of law",
    },
    "archive": {
        "archive": "信用档案 / credit archives",
    },
    "corrections": {
        "record": "单条记录：查看、更正、撤回 / one record: show, correct, withdraw",
    },
    "identity": {
        "identity": "主体识别与合并 / who is who: rows without a credit code, mergers",
    },
    "key_list": {
        "key-list": "重点领域企业清单 / the list of key enterprises",
    },
    "quality": {
        "quality": "数据质量 / quality of the data supplied",
        "quarantine": "待登记：企业未登记的记录 / records of enterprises not registered",
    },
    "campaigns": {
        "campaign": "双随机抽查 / double-random sampling",
        "verify": "复算一轮抽查的全部证据 / "
        "Recompute the whole evidence of a draw. Exit code 1: it differs.",
    },
    "runs": {
        "runs": "分级批次 / grading runs",
    },
    "grading": {
        "rules": "等级规则与分界 / grading rules and cut-offs",
        "override": "人工调整等级 / overrides of single grades",
    },
    "modelling": {
        "train": "训练、检验、校准并签名 / Train, evaluate on a later period, calibrate and sign.",
    },
    "batch": {
        "score": "为全部企业分级，中断后可接续 / "
        "Grade every enterprise; goes on after an interruption.",
    },
    "regrade": {
        "regrade": "事件后立即重新分级，并更新在用结果 / "
        "Grade again after an event; the rows in use follow.",
    },
    "model": {
        "model": "模型 / models",
    },
    "statutory": {
        "statutory": "法定分级：食品静态动态评分、特种设备重点单位 / statutory scores",
    },
    "measures": {
        "measures": "分级监管措施 / measures by grade",
    },
    "key_supervision": {
        "key-supervision": "重点监管对象清单 / the key-supervision list",
    },
    "health_index": {
        "health-index": "企业综合健康指数（不是等级）/ "
        "Composite health index, 0 to 100; not a grade.",
    },
    "libraries": {
        "library": "一单两库：事项清单、对象名录、人员名录 / items, objects, inspectors",
    },
    "demo": {
        "demo": "从部门文件到分级、抽查和控制台 / From files to grades, a draw and the console.",
    },
}
