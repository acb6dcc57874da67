# %% [markdown]
# # Chicago revisited
#
# A city published that a model finds critical violations 7.44 days earlier, with 68 % of them in
# the first half of the visits. How much of that is known of the establishment, and how much is who
# inspects? Run this with the public records: `XINHENG_PUBLIC_DATA=... python
# notebooks/chicago_revisited.py`. The whole comparison is `python -m benchmarks.chicago`.

# %%
import os
from datetime import date

import pandas as pd

from benchmarks.chicago import (
    CITY,
    CRITICAL,
    FIRST_MONTH,
    OURS,
    WITH_INSPECTOR,
    judge,
    published_labels,
)
from benchmarks.frozen import Visits
from benchmarks.registers import archive_of

# One window shows the method; name more days, first days of months, to see more.
starts = [date.fromisoformat(day) for day in os.environ.get("STARTS", "2012-03-01").split(",")]

# %% [markdown]
# ## One window under the fair protocol
# Indicators as of the day before the window begins. Neither the inspector, nor the weather, nor the
# day of the visit is an indicator: they are not the establishment's.

# %%
with archive_of("chicago") as (engine, archive):
    visits = Visits(engine, archive, CRITICAL, FIRST_MONTH)
    judged = list(judge(visits, published_labels(), starts))

figures = pd.concat(
    {
        one.start.isoformat(): pd.DataFrame({name: one.figures(name) for name in one.scores}).T
        for one in judged
    }
)
print(figures.round(3).to_string())

# %% [markdown]
# ## Who inspects
# Inspectors differ many times over in how often they write a critical violation down. Ordering
# visits by the inspector's past rate alone brings violations forward without knowing anything of a
# kitchen. The last column lets each inspector keep his own visits and days: that gain is gone.

# %%
labels = published_labels()
print(labels.groupby("sanitarian")["criticalFound"].agg(["size", "mean"]).round(3))
mean = figures.groupby(level=1).mean()
print(mean.loc[[CITY, OURS, "inspector alone", WITH_INSPECTOR]].round(3).to_string())
