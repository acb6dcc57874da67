# %% [markdown]
# # Reading a grade
#
# What a grading run holds, and how one enterprise's grade is put together. Run it where a batch was
# scored: `XINHENG_HOME=... python notebooks/reading_a_grade.py`.
#
# Grades are an internal aid for placing supervision effort: no credit assessment, no ground for a
# penalty, not for publication, and no grade exempts from sampling.

# %%
import json

import pandas as pd
import pyarrow.parquet as pq

from service.pipeline.operations import champion
from service.settings import get_settings

settings = get_settings()
newest = max(settings.runs_dir.glob("[!.]*/manifest.json"), key=lambda path: path.stat().st_mtime)
manifest = json.loads(newest.read_bytes())
grades = pq.read_table(newest.parent / "grades.parquet").to_pandas()

# %% [markdown]
# ## How many of each, and why
# `basis` says whether the model, a direct rule or the floor for new enterprises set the grade.

# %%
print(manifest["run_id"], "as of", manifest["as_of"])
print(pd.crosstab(grades["basis"], grades["grade"]))

# %% [markdown]
# ## The riskiest enterprise that the model itself graded
# A reason is an indicator, its value, the points it takes away, and the newest record behind it.

# %%
riskiest = grades[grades["basis"] == "model"].sort_values("probability").iloc[-1]
print(riskiest[["enterprise_id", "name", "grade", "probability", "points", "sector_model"]])
reasons = pd.DataFrame(list(riskiest["reasons"]))
print(reasons[["zh", "value", "points", "reference", "event_on"]].to_string(index=False))

# %% [markdown]
# ## The points table
# The general model is one table: find the bin of each indicator, add up. More points are safer.

# %%
model = champion(settings)
steps = {name: step for name, step in model.scorecard.steps.items() if not step.is_flat}
print(len(steps), "indicators speak; the widest:")
widest = sorted(steps, key=lambda name: steps[name].values.max() - steps[name].values.min())[-1]
print(widest, model.points_scale.points(steps[widest].values).tolist())
