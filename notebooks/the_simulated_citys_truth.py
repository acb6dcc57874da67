# %% [markdown]
# # The simulated city's truth
#
# Everything in the city is SIMULATED (模拟), and its true risks are written beside the departments'
# files. No pipeline reads them; here they are laid beside what the model says, which is possible
# nowhere else. Run it where a demonstration was made:
# `XINHENG_HOME=... XINHENG_CITY=... python notebooks/the_simulated_citys_truth.py`.

# %%
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from models.study.evaluate import auc
from service.settings import get_settings

settings = get_settings()
newest = max(settings.runs_dir.glob("[!.]*/manifest.json"), key=lambda path: path.stat().st_mtime)
run = json.loads(newest.read_bytes())
grades = pq.read_table(newest.parent / "grades.parquet").to_pandas()
truth = pd.read_parquet(Path(os.environ["XINHENG_CITY"]) / "truth" / "true_risk.parquet")
truth = truth[truth["as_of"].astype(str) == run["as_of"]]
both = grades.merge(truth, on="enterprise_id")
print(len(both), "enterprises of run", run["run_id"])

# %% [markdown]
# ## Do the grades rise with the true risk?
# The true risk is the probability that a drawn check, begun in one of the next twelve months, finds
# a serious problem. The model has never seen it.

# %%
by_model = both.groupby("model_grade")["true_probability"].agg(["size", "mean"])
print(by_model.round(3))
assert by_model["mean"]["A"] < by_model["mean"]["C"]

# %% [markdown]
# ## Does the stated probability mean what it says?
# Ten groups of equal size: stated against true. There is no sampling noise in this comparison, so
# it is the calibration error itself.

# %%
tenth = pd.qcut(both["probability"].rank(method="first"), 10, labels=False)
stated = both.groupby(tenth)[["probability", "true_probability"]].mean()
print((100 * stated).round(1).to_string())
error = 100 * np.abs(stated["probability"] - stated["true_probability"]).mean()
print(f"calibration error against the truth: {error:.2f} percentage points")

# %% [markdown]
# ## How much of the order of risks is found?
# Labels are drawn from the true risk, so not even the truth has an AUC of one.

# %%
rng = np.random.default_rng(0)
drawn = rng.random(len(both)) < both["true_probability"]
ours, best = (
    auc(drawn.to_numpy(), both[name].to_numpy(float))
    for name in ("probability", "true_probability")
)
print(f"AUC {ours:.3f}, of the truth {best:.3f}: a share of {ours / best:.3f}")

# %% [markdown]
# ## What is nobody's to find
# Laxness stands behind all records of an enterprise; part of it lies in persons and in the present
# month, and leaves no record yet.

# %%
pieces = ["laxness", "quality", "legal_representative", "drift", "heat", "correction"]
print(both[["probability", *pieces]].corr(method="spearman")["probability"][pieces].round(2))
