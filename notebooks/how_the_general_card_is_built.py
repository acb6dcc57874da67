# %% [markdown]
# # How the general card is built
#
# From boosted trees to a table that a clerk adds up by hand, in five steps, on SIMULATED (模拟)
# numbers. Run it anywhere: `python notebooks/how_the_general_card_is_built.py`.

# %%
import numpy as np
import pandas as pd

from models.learning.calibration import calibrate
from models.learning.general import AdditiveScorecard
from models.learning.scorecard import sigmoid
from models.rating.points import PointsScale, points_table
from models.study.evaluate import auc, calibration_error, calibration_noise

rng = np.random.default_rng(20261031)


def simulated(rows: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Three indicators and labels drawn from a risk that is known here."""
    frame = pd.DataFrame(
        {
            "penalties_24m": rng.poisson(0.4, rows).astype(float),
            "days_since_last_problem": np.where(
                rng.random(rows) < 0.6, np.nan, rng.integers(0, 1800, rows)
            ),
            "age_months": rng.integers(0, 300, rows).astype(float),
        }
    )
    recent = np.exp(-frame["days_since_last_problem"].fillna(1e9) / 400)
    log_odds = -2.6 + 0.8 * np.minimum(frame["penalties_24m"], 3) + 1.4 * recent
    truth = sigmoid((log_odds + 0.5 * (frame["age_months"] < 24)).to_numpy())
    return frame, rng.random(rows) < truth, truth


train, is_bad, _ = simulated(8_000)
later, is_bad_later, truth_later = simulated(4_000)

# %% [markdown]
# ## 1. Trees of one indicator each, with signs
# More penalties never lower the risk; more days since the last problem never raise it; the age of
# an enterprise is free. A later window says when to stop.

# %%
signs = {"penalties_24m": 1, "days_since_last_problem": -1}
model = AdditiveScorecard(signs=signs, n_estimators=400, min_child_samples=100)
model.fit(train, is_bad, validation=(later, is_bad_later))
print(model.n_trees_, "trees kept")

# %% [markdown]
# ## 2. Collapse
# Between two thresholds no tree changes its mind, so each indicator becomes one step function. It
# is the booster, not an approximation of it.

# %%
told = model.decision_function(later)
theirs = model.booster_.predict(later.to_numpy(), raw_score=True)
print("largest difference between card and booster:", np.abs(told - theirs).max())
assert np.abs(told - theirs).max() < 1e-12

# %% [markdown]
# ## 3. Points
# 600 points at odds of 20:1 against a problem; 20 more points double the odds.

# %%
scale = PointsScale()
table = points_table(model.scorecard_, scale)
print("base", table["base"])
for name, one in table["indicators"].items():
    print(name)
    print("  up to ", [round(edge, 1) for edge in one["edges"]])
    print("  points", one["points"], "missing", one["missing"])
    worse = np.diff(one["points"]) * signs.get(name, 0)
    assert (worse <= 0).all()  # a worse bin never has better points

# %% [markdown]
# ## 4. Reasons
# What each indicator adds is known exactly, so the reasons sum to the score.

# %%
riskiest = later.iloc[[int(told.argmax())]]
reasons = pd.Series(model.contributions(riskiest)[0], index=later.columns).sort_values()
print(riskiest.to_string(index=False))
print(scale.points(reasons.to_numpy()), "points by", list(reasons.index))
total = model.scorecard_.intercept + reasons.sum()
assert abs(total - told.max()) < 1e-12

# %% [markdown]
# ## 5. Calibration
# Log-odds become probabilities that mean what they say, on rows that neither fitting nor stopping
# has seen. The error that chance alone would show stands beside it.

# %%
third, is_bad_third, truth_third = simulated(4_000)
half = np.arange(4_000) < 2_000
score = model.decision_function(third)
calibration = calibrate(score[half], is_bad_third[half], isotonic_from=1_000)
probability = calibration(score[~half])
error = calibration_error(is_bad_third[~half], probability)
noise = calibration_noise(probability, rng=rng)
print(f"{calibration.method}: error {error:.2f} points, {noise:.2f} by chance alone")
print("mean stated", probability.mean().round(4), "true", truth_third[~half].mean().round(4))
print(
    "AUC",
    round(auc(is_bad_third, score), 3),
    "of the truth",
    round(auc(is_bad_third, truth_third), 3),
)
