"""Chapter 4: the gap per token and per run, what is left of it, launches, lags, time on the frontier, two lists."""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from referee import intervals, lists

CN, US = "CN", "US"


def numbers(edition):
    """Return every number of chapter 4 that the referee holds, by its own name."""
    prices = lists.own_lists(edition)
    both = two_countries(lists.sample(edition, prices))
    levels = lists.levels(edition, prices)
    abroad = levels[levels["market"] == "international"]
    scored, day = lists.scores(edition)
    return (
        gap(both)
        | in_use(edition, both)
        | tasks(edition, prices)
        | lag(edition, scored, day, abroad)
        | frontier(abroad, scored, day)
        | launches(abroad, scored, day)
        | over_time(abroad, scored, day)
        | spread(edition, prices, levels)
    )


def bounds(edition):
    """Return what holds the printed intervals of chapter 4, by the names of their numbers."""
    prices = lists.own_lists(edition)
    both = two_countries(lists.sample(edition, prices))
    abroad = lists.levels(edition, prices).query("market == 'international'")
    scored, day = lists.scores(edition)
    plain, dearer = (lambda slope: slope,) * 2, (lambda slope: np.exp(-slope), lambda gap: -np.log(gap))
    apart = intervals.Coefficient(both, "log_price ~ cn * log_score + date", "cn:log_score", *plain)
    found = {
        "level": intervals.Coefficient(both, "log_price ~ cn + z + date", "cn", *dearer),
        "slope difference": apart,
        "gap in use": intervals.Coefficient(
            used_models(edition, both), "log_price ~ cn + z + date", "cn", *dearer, "tokens"
        ),
    }
    rows = costed(edition, prices).assign(s=lambda rows: np.log(rows["score"]))
    amounts = {
        "gap per token": rows["paid"],
        "gap per run": rows["run_cost"],
        "quotient": rows["run_cost"] / rows["paid"],
    }
    found |= {
        name: intervals.Coefficient(rows.assign(y=np.log(amount)), "y ~ cn + s", "cn", *dearer)
        for name, amount in amounts.items()
    }
    first, held = new_models(abroad, scored, day), ("y ~ s + released", "released", np.exp, np.log)
    found |= {
        f"launch prices after a year, {code}": intervals.Coefficient(rows, *held)
        for code, rows in first.groupby("country")
    }
    found |= {f"time on frontier, {code}": intervals.Lasting(rows) for code, rows in on_frontier(abroad, scored, day)}
    return found | {"lag": intervals.Lasting(records_reached(abroad, scored, day)[0])}


def two_countries(sample):
    """Return the models of both countries, capability in standard deviations, date from the mean release."""
    both = sample[sample["country"].isin([CN, US])].copy()
    both["cn"] = (both["country"] == CN).astype(float)
    both["z"] = (both["log_score"] - both["log_score"].mean()) / both["log_score"].std(ddof=0)
    both["date"] = both["released"] - both["released"].mean()
    both["open_weights"] = both["weights"].map({"open": 1.0, "closed": 0.0})
    return both.reset_index(drop=True)


def gap(both):
    """Compare both countries' list prices: medians, at equal score and date, by slope, in pairs, by what explains."""
    level = smf.ols("log_price ~ cn + z + date", both).fit()
    slopes = smf.ols("log_price ~ cn * log_score + date", both).fit().params
    medians = both.groupby("country")["blend"].median()
    low, high = level.get_robustcov_results("HC3").conf_int()[level.model.exog_names.index("cn")]
    found = {
        "level, n": len(both),
        "vendors": both["entity_id"].nunique(),
        "gap of medians": medians[US] / medians[CN],
        "level": np.exp(-level.params["cn"]),
        "level, models independent, low": np.exp(-high),
        "level, models independent, high": np.exp(-low),
        "slope difference": slopes["cn:log_score"],
        "slope US": slopes["log_score"],
        "slope CN": slopes["log_score"] + slopes["cn:log_score"],
    }
    own, other = (both[both["country"] == code] for code in (CN, US))
    ratios = []
    for row in own.to_dict("records"):
        near = other[(other["released_on"] - row["released_on"]).abs() <= pd.Timedelta(days=90)]
        if len(near):
            partner = near.loc[(near["log_score"] - row["log_score"]).abs().idxmin()]
            ratios.append(partner["blend"] / row["blend"])
    middle = np.exp(np.median(np.log(ratios)))  # in logarithms, so that the inverse ratio has the inverse median
    found |= {"median of pairs, n": len(ratios), "median of pairs": float(middle)}
    for label, names in (("split", ["z", "date", "open_weights"]), ("plain split", ["z", "date"])):
        held = both.dropna(subset=names)
        pooled = smf.ols("log_price ~ cn + " + " + ".join(names), held).fit().params
        means = held.groupby("country")[["log_price", *names]].mean()
        apart = means.loc[US] - means.loc[CN]
        found |= {f"{label}, {name}": apart[name] * pooled[name] for name in names}
        found |= {f"{label}, total": apart["log_price"], f"{label}, unexplained": -pooled["cn"]}
    return found


def in_use(edition, both):
    """Weigh models by the tokens of the last thirty days known on the router."""
    rows = used_models(edition, both)
    share = rows["tokens"] / rows.groupby("country")["tokens"].transform("sum")
    weighted = smf.wls("log_price ~ cn + z + date", rows, weights=rows["tokens"]).fit()
    return {
        "gap in use": np.exp(-weighted.params["cn"]),
        "gap in use, n": len(rows),
        "two largest of China": share[rows["country"] == CN].nlargest(2).sum(),
    }


def used_models(edition, both):
    """Return the models with tokens of the last thirty days known."""
    return both.assign(tokens=both["model_id"].map(router_tokens(edition, 30))).dropna(subset=["tokens"])


def router_tokens(edition, days):
    """Return tokens by model over the last days known of one router."""
    known = edition.rows("token_models")
    names = edition.rows("model_aliases")[["platform", "name", "model_id"]]
    known = known[known["frequency"] == "day"].merge(names, on=["platform", "name"])
    last = known["period_end"].max()
    known = known[(known["period_end"] > last - pd.Timedelta(days=days)) & (known["model_id"] != "")]
    return known.groupby("model_id")["tokens"].sum()


def tasks(edition, prices):
    """Compare, at equal score, the price of a token and the cost of the same run, variant by variant."""
    rows = costed(edition, prices)
    best = rows.sort_values("score").drop_duplicates("model_id", keep="last")
    token, run = (one_gap(rows, what) for what in ("paid", "run_cost"))
    return {
        "gap per token, n": len(rows),
        "vendors of variants": rows["entity_id"].nunique(),
        "gap per token": token,
        "gap per run": run,
        "quotient": run / token,
        "quotient of best variants": one_gap(best, "run_cost") / one_gap(best, "paid"),
    }


def costed(edition, prices):
    """Return the variants whose run was costed, with what a token of each costs (``paid``)."""
    rows = edition.rows("capability")
    rows = rows[(rows["benchmark"] == "aa_index") & rows["run_cost"].notna()]
    day = rows["published_on"].max()
    rows = rows[(rows["published_on"] == day) & (rows["run_cost"] > 0) & (rows["score"] > 0)]
    listed = lists.on_day(prices, day).set_index("model_id")["blend"]
    index = edition.rows("index_prices")
    held = (index["effective_from"] <= day) & ~(index["effective_to"] <= day) & (index["input"] > 0)
    index = index[held].assign(told=lambda found: (3 * found["input"] + found["output"]) / 4)
    index = index.drop_duplicates(["model_id", "named"])[["model_id", "named", "told"]]
    # The index itself says whose model it is, also where no list of models did by the edition's day.
    told = edition.rows("index_prices").rename(columns={"endpoint": "entity_id"})
    about = pd.concat([edition.rows("models"), told])[["model_id", "entity_id"]].drop_duplicates("model_id")
    rows = rows.merge(about, on="model_id").merge(edition.rows("entities")[["entity_id", "country"]], on="entity_id")
    rows = rows[rows["country"].isin([CN, US])].merge(index, on=["model_id", "named"], how="left")
    rows = rows.assign(paid=rows["told"].fillna(rows["model_id"].map(listed)), cn=(rows["country"] == CN) * 1.0)
    return rows[rows["paid"] > 0].reset_index(drop=True)


def one_gap(rows, what):
    """Return the American over the Chinese amount at equal score."""
    rows = rows.assign(y=np.log(rows[what]), s=np.log(rows["score"]))
    return float(np.exp(-smf.ols("y ~ cn + s", rows).fit().params["cn"]))


def lag(edition, scored, day, abroad):
    """Count the days from each American record to the first Chinese model with its score, by half-year too."""
    found, ratios = records_reached(abroad, scored, day)
    half = found["on"].dt.year.astype(str) + np.where(found["on"].dt.month <= 6, " H1", " H2")
    numbers = {
        "lag, n": len(found),
        "records reached": int(found["ended"].sum()),
        "lag": lists.median_lasting(found["days"], found["ended"]),
    }
    for name, values in pd.DataFrame(ratios).items():
        numbers[f"follower, {name}"] = values.median()
    for name, rows in found.groupby(half):
        numbers[f"lag, {name}"] = lists.median_lasting(rows["days"], rows["ended"])
    return numbers


def records_reached(abroad, scored, day):
    """Return each record with the ``days`` until it was reached, and the prices of those that did."""
    sold = abroad.drop_duplicates("model_id").merge(scored[["model_id", "score"]], on="model_id")
    sold = sold[sold["released_on"] <= day].sort_values(["released_on", "score"], ascending=[True, False])
    own, other = (sold[sold["country"] == code] for code in (CN, US))
    records = other[other["score"] > other["score"].cummax().shift(fill_value=0)]
    paths, rows, ratios = abroad.merge(scored[["model_id", "score"]], on="model_id"), [], []
    for record in records.to_dict("records"):
        reached = own[own["score"] >= record["score"]]
        end = reached["released_on"].min() if len(reached) else day
        days = max((end - record["released_on"]).days, 0)
        rows.append((record["released_on"], days, len(reached) > 0, record["entity_id"]))
        if len(reached):
            follower = reached.sort_values("released_on", kind="stable").iloc[0]
            ratios.append(against_equals(paths, follower, record, max(end, record["released_on"])))
    return pd.DataFrame(rows, columns=["on", "days", "ended", "vendor"]), ratios


def against_equals(paths, follower, record, day):
    """Return a follower's price at release over the cheapest American model on sale that day, by the score it needs."""
    price = follower["blend"] if follower["at_release"] else float("nan")
    sold = lists.held_on(paths, day)
    sold = sold[sold["country"] == US]
    needed = {"equal": follower["score"], "as_record": record["score"]}
    return {name: price / sold.loc[sold["score"] >= score, "blend"].min() for name, score in needed.items()}


def frontier(abroad, scored, day):
    """Count the days for which no rival with at least a model's score is on sale for less, from its release."""
    found = {}
    for code, rows in on_frontier(abroad, scored, day):
        median = lists.median_lasting(rows["days"], rows["ended"])
        found |= {f"time on frontier, {code}": median, f"time on frontier, {code}, n": len(rows)}
    return found


def on_frontier(abroad, scored, day):
    """Return each model that no equal undercut at release, by country: ``days``, ``ended`` and ``vendor``."""
    paths = abroad.merge(scored[["model_id", "score"]], on="model_id")
    found = []
    for model in paths[~paths.duplicated("model_id") & paths["at_release"]].to_dict("records"):
        begin = model["begins"]
        if begin > day or model["country"] not in (CN, US):
            continue
        own = paths[paths["model_id"] == model["model_id"]]
        left = own["ends"].fillna(lists.NEVER).max()
        rivals = paths[(paths["entity_id"] != model["entity_id"]) & (paths["score"] >= model["score"])]
        steps = sorted({begin, *own["begins"], *rivals["begins"], *rivals["ends"].dropna()})
        until = min(left, day)
        ended = None
        for on in [step for step in steps if begin <= step <= until and step < left]:
            now = lists.held_on(own, on)["blend"].min()
            if (lists.held_on(rivals, on)["blend"] < now).any():
                ended = on
                break
        if ended != begin:
            days = ((ended or until) - begin).days
            found.append((model["country"], days, ended is not None, model["entity_id"]))
    return pd.DataFrame(found, columns=["country", "days", "ended", "vendor"]).groupby("country")


def launches(abroad, scored, day):
    """Place each launch among rivals of other vendors within a tenth of its score on sale that day."""
    paths = abroad.merge(scored[["model_id", "score"]], on="model_id")
    found = []
    for model in paths[~paths.duplicated("model_id") & paths["at_release"]].to_dict("records"):
        if model["begins"] > day or model["blend"] <= 0:
            continue
        rivals = lists.held_on(paths, model["begins"])
        rivals = rivals[(rivals["entity_id"] != model["entity_id"]) & (rivals["blend"] > 0)]
        near = rivals[(rivals["score"] / model["score"] - 1).abs() <= 0.1]
        if len(near):
            found.append((model["country"], model["blend"] / near["blend"].median()))
    frame = pd.DataFrame(found, columns=["country", "relative"])
    frame = frame[frame["country"].isin([CN, US])]
    return {
        f"{what}, {code}": value
        for code, rows in frame.groupby("country")
        for what, value in {
            "launches": len(rows),
            "launches with a premium": int((rows["relative"] > 1).sum()),
            "median of launches": rows["relative"].median(),
        }.items()
    }


def over_time(abroad, scored, day):
    """Return what prices at launch are after a year over what they were, at equal score."""
    return {
        f"launch prices after a year, {code}": np.exp(smf.ols("y ~ s + released", rows).fit().params["released"])
        for code, rows in new_models(abroad, scored, day).groupby("country")
    }


def new_models(abroad, scored, day):
    """Return every model of both countries at its price at release, in logarithms, with its day in years."""
    paths = abroad.merge(scored[["model_id", "score"]], on="model_id")
    paths = paths[paths["blend"] > 0].assign(
        y=lambda rows: np.log(rows["blend"]),
        s=lambda rows: np.log(rows["score"]),
        released=lambda rows: (rows["released_on"] - pd.Timestamp("2020-01-01")).dt.days / 365.25,
    )
    first = paths[~paths.duplicated("model_id") & paths["at_release"] & (paths["begins"] <= day)]
    return first[first["country"].isin([CN, US])]


def spread(edition, prices, levels):
    """Return the median of a model's international over its domestic price, where lists show both within 90 days."""
    seen = prices.assign(seen=prices["last_seen_on"].fillna(edition.as_of)).groupby(lists.MODEL)["seen"].max()
    now = lists.held_on(levels, edition.as_of)
    fresh = seen.reindex(pd.MultiIndex.from_frame(now[lists.MODEL])).to_numpy() >= np.datetime64(
        edition.as_of - pd.Timedelta(days=90)
    )
    wide = now[fresh & (now["blend"] > 0)].pivot_table("blend", "model_id", "market").dropna()
    fx = edition.rows("fx")
    fx = fx[(fx["base"] == "USD") & (fx["quote"] == "CNY") & (fx["kind"] == "monthly_average")]
    rate = fx[fx["date"] <= edition.as_of + pd.offsets.MonthEnd(0)].sort_values("date")["rate"].iloc[-1]
    ratio = wide["international"] / (wide["domestic"] / rate)
    return {"spread": ratio.median(), "spread, n": len(ratio)}
