# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Will we survive the peak if the largest warehouse goes down?
#
# ... and which allocation rule should we deploy before it comes? This is a planner's question; the notebook
# answers it with the library's `outage` scenario: a flash sale of six hours with four times the usual demand,
# during which AVP, the largest warehouse, is dark for twelve hours.
#
# `PEAKPROOF_QUICK=1` runs it on a fraction of the demand and with few replications, to see that it works.

# %%
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from peakproof import compare, run

QUICK = os.environ.get("PEAKPROOF_QUICK") == "1"
REPLICATIONS = 2 if QUICK else 8
SMALL = [
    "horizon.drain=15d",
    "products.generate.count=60",
    "channels.web.orders_per_day=60",
    "channels.marketplace.orders_per_day=30",
    "channels.b2b.orders_per_day=3",
    "channels.app.orders_per_day=10",
]
sets = SMALL if QUICK else []
folder = Path(tempfile.mkdtemp(prefix="peak-question-"))

# %% [markdown]
# ## What happens without the outage, and with it
#
# The same customers come in both runs: scenarios differ, random numbers do not.

# %%
peak = run("peak", seed=1, sets=sets, out=folder / "peak", report=False)
outage = run("outage", seed=1, sets=sets, out=folder / "outage", report=False)

names = ["orders_captured", "otif", "on_time_ship", "backlog_peak_orders", "margin_per_order_cents"]
effect = pd.DataFrame({"peak": peak.kpis(names), "outage": outage.kpis(names)})
effect

# %% [markdown]
# ## Where the orders waited
#
# Shipments that each node had been given and that had not left it. The nodes that stay open take over what
# the closed one would have shipped.

# %%
from reports.series import backlog_by_node, disturbances

backlog = backlog_by_node(outage)
axes = backlog.plot(figsize=(9, 3.5), linewidth=1.5, ylabel="shipments waiting")
for disturbance in disturbances(outage):
    moments = outage.local(pd.Series([disturbance.begin_ms, disturbance.end_ms]))
    axes.axvspan(*moments, alpha=0.15, color="tab:orange")
axes.set_title("Backlog by node; shaded: the flash sale and the outage")
plt.close(axes.figure)
axes.figure

# %% [markdown]
# ## Which orders failed, and why

# %%
late = outage.sql(
    """
    SELECT channel, status, count(*) AS orders, count(*) FILTER (backorders > 0) AS waited_for_stock
    FROM orders
    WHERE due AND NOT delivered_whole
    GROUP BY ALL ORDER BY orders DESC
    """
)
late

# %% [markdown]
# One of them from capture to the end, over all parts of the company:

# %%
worst = outage.sql(
    """
    SELECT "order" FROM orders
    WHERE due ORDER BY coalesce(delivered_ms, drain_until_ms()) - promised_ms DESC LIMIT 1
    """
)
story = outage.timeline(int(worst["order"].iloc[0]))
story[["time", "kind", "node", "quantity", "reason", "movement", "postings"]]

# %% [markdown]
# ## Which rule to deploy
#
# Each rule runs on the same customers, replication by replication, so the differences are sharp although no
# two replications are alike.

# %%
rules = ["closest", "cheapest", "fewest_splits"]
result = compare("outage", policies=rules, replications=REPLICATIONS, sets=sets)
result

# %%
print(result.summary())

# %%
shown = ["margin_per_order_cents", "otif", "on_time_ship", "split_rate", "backlog_peak_orders"]
differences = result.differences()
differences[differences["kpi"].isin(shown)].round(3)

# %% [markdown]
# The answer is as sure as it says, for this scenario. It does not know what the scenario leaves out;
# `docs/experiments.md` says how the intervals are made and what they do not cover.
