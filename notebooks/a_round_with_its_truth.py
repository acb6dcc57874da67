# %% [markdown]
# # A round with its truth beside it
#
# Only a simulated city knows every enterprise's true risk. Here the visits of a drawn round are
# simulated from it (seeded, 模拟 SIMULATED), the round is estimated from the drawn alone, and what
# it published is laid beside the truth of everybody. Nothing is written unless a report is asked
# for. Run it where the demonstration ran:
#
# `XINHENG_HOME=<home> python notebooks/a_round_with_its_truth.py <city folder> [report.html]`

# %%
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scoring.double_random.campaign import ASSIGNMENT
from scoring.double_random.documents import AssignmentRecord
from scoring.double_random.estimates import estimate_round, make_sample
from scoring.double_random.estimates.rates import estimate_rate
from scoring.double_random.estimates.sample import PROBLEM, VANISHED, visited_strata
from scoring.double_random.results_table import check_results, make_results
from service.campaigns.estimates import load_sample, read_library, write_report
from service.campaigns.operations import round_states
from service.campaigns.results import drawn_folder, read_selected, result_rules
from service.settings import get_settings

settings, city = get_settings(), Path(sys.argv[1])
states = round_states(settings.campaigns_dir)
round_id = max(name for name, state in states.items() if state == "drawn")
drawn = load_sample(settings.campaigns_dir, round_id)
plan, folder = drawn.plan, drawn_folder(settings.campaigns_dir, round_id)

# %% [markdown]
# ## What a visit would find, for everybody
# A problem comes with the enterprise's true probability; who is no longer there can't be found
# (code 6). This is the truth that no office has.

# %%
library, _ = read_library(settings, drawn)
risk = pq.read_table(city / "truth" / "true_risk.parquet")
risk = risk.filter(pc.equal(risk["as_of"].cast("date32"), plan.as_of)).to_pandas()
chance = library["enterprise_id"].map(risk.set_index("enterprise_id")["true_probability"])
dice = np.random.default_rng(20261122).random(len(library))
code = np.select([chance.isna(), dice < chance.fillna(0)], ["6", "3"], default="1")
truth = pd.DataFrame(
    {
        "enterprise_id": library["enterprise_id"],
        "grade": library["stratum"].str.split(".").str[1],
        "code": code,
    }
)

# %% [markdown]
# ## The visits of the drawn, as the office would enter them

# %%
assignment = AssignmentRecord.read((folder / ASSIGNMENT).read_bytes(), name=ASSIGNMENT)
teams = {visit.uscc: list(visit.inspectors) for visit in assignment.visits}
visited = truth[truth["enterprise_id"].isin(teams)]
last_day = plan.task_to + timedelta(days=1)
rows = pd.DataFrame(
    [
        {
            "enterprise_id": row.enterprise_id,
            "item": item,
            "result_code": row.code if place == 0 or row.code == "6" else "1",
            "completed_on": plan.task_to,
            "inspectors": teams[row.enterprise_id],
            "is_unfulfilled": False,
            "reason": None,
        }
        for row in visited.itertuples()
        for place, item in enumerate(plan.items)
    ]
)
results = make_results(rows, round_id=round_id)
check_results(results, result_rules(folder, latest_day=last_day))
sample = make_sample(plan, drawn.draw, read_selected(folder), results)
estimates = estimate_round(sample, library, small_cell_minimum=10)

# %% [markdown]
# ## Published, and true

# %%
problem, gone = truth["code"] == "3", truth["code"] == "6"
visits = sample.strata["drawn"].sum()
share = sample.strata["drawn"] / sample.strata["population"]
inclusion = library["stratum"].map(share.set_axis(sample.strata["stratum"])).to_numpy()
truths = {
    "问题率 problem rate": (estimates.rates[PROBLEM], problem.mean()),
    "失联率 vanished": (estimates.rates[VANISHED], gone.mean()),
    "提升倍数 lift": (
        estimates.lift,
        (inclusion[problem].sum() / visits) / problem.mean() if problem.any() else None,
    ),
}
for line in estimates.grades:
    truths[f"{line.grade} 级 grade"] = (line.rate, problem[truth["grade"] == line.grade].mean())
table = pd.DataFrame(
    [
        {
            "figure": name,
            "estimate": one.value,
            "lower": one.low,
            "upper": one.high,
            "truth": value,
            "inside": one.low is not None and one.low <= value + 1e-9 and value <= one.high + 1e-9,
        }
        for name, (one, value) in truths.items()
        if one.value is not None
    ]
)
print(f"模拟 SIMULATED round {round_id}: {visits} visits of {len(library)} enterprises")
print(table.to_string(index=False, float_format="{:.4f}".format))

# %% [markdown]
# ## Not this once, but often
# One round may be unlucky: one interval in twenty may miss. The same visits under many throws of
# the simulated dice: how often does the interval of the problem rate hold that throw's truth?

# %%
throws = 400
place = pd.Categorical(library["stratum"], categories=sample.strata["stratum"]).codes
is_drawn = library["enterprise_id"].isin(teams).to_numpy()
has_problem = np.random.default_rng(1).random((throws, len(library))) < chance.fillna(0).to_numpy()
found = (
    has_problem[:, is_drawn].astype(int) @ np.eye(len(sample.strata), dtype=int)[place[is_drawn]]
)
visited_now = visited_strata(sample.strata)
often = estimate_rate(found[:, visited_now.rows], visited_now.strata)
true_rates = has_problem.mean(axis=1)
held = ((often.low <= true_rates) & (true_rates <= often.high)).mean()
print(f"mean estimate {often.value.mean():.4f}, mean truth {true_rates.mean():.4f}")
print(f"coverage {held:.3f} of 0.95 over {throws} throws")

# %% [markdown]
# ## Other ratios, told without drawing again

# %%
for one in estimates.other_ratios:
    found = one.findings
    if found is not None:
        print(f"{one.name}: {one.visits} visits, {found[0]:.1f} [{found[1]:.1f}, {found[2]:.1f}]")
if len(sys.argv) > 2:
    write_report(estimates, Path(sys.argv[2]))
    print(sys.argv[2])
