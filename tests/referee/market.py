"""Chapter 3: what a lead earns, how concentrated and how settled the market of one router is, who nears the best."""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from referee import intervals, lists

HEAD = 9


def numbers(edition):
    """Return every number of chapter 3 that the referee holds, by its own name."""
    prices = lists.own_lists(edition)
    priced = premia(edition, prices) | cheap(edition, prices) | first_leader(edition, prices)
    return priced | trends(edition) | lasting(edition) | nearness(edition)


def bounds(edition):
    """Return what holds the printed intervals of chapter 3, by the names of their numbers."""
    prices = lists.own_lists(edition)
    found = {
        label: intervals.Coefficient(
            rows, "log_price ~ log_score + released", "log_score",
            lambda slope: 1.05**slope - 1, lambda premium: np.log1p(premium) / np.log(1.05),
        )
        for label, rows in premium_samples(edition, prices).items()
    }  # fmt: skip
    found |= {name: intervals.Lasting(rows) for name, rows in spells(edition).items()}
    series = concentration(edition) | months_of_nearness(edition)
    found |= {name: intervals.Remembering(*one, ar1_line) for name, one in series.items()}
    pairs, models = alike(edition, prices)
    one, other = (pairs[side].to_numpy() for side in ("one", "other"))

    def share(times):
        weight = times[one] * times[other]
        return float(weight @ pairs["wins"] / weight.sum()) if weight.sum() else np.nan

    return found | {"cheaper leads": intervals.Resampled(models["entity_id"], share)}


def premium_samples(edition, prices):
    """Return the models behind each premium: all, and the top third by the index and by the coding index."""
    index, coding = (lists.sample(edition, prices, test) for test in ("aa_index", "aa_coding_index"))
    return {"premium": index, "premium, top third": top_third(index), "premium, coding": top_third(coding)}


def premia(edition, prices):
    """Return what five percent more capability earns with the date of release held fixed: all, and the top third."""
    found = {}
    for label, rows in premium_samples(edition, prices).items():
        slope = smf.ols("log_price ~ log_score + released", rows).fit().params["log_score"]
        found |= {label: 1.05**slope - 1, f"{label}, n": len(rows)}
    return found


def top_third(rows):
    """Return the models at or above the score that two thirds lie below."""
    return rows[rows["score"] >= rows["score"].quantile(2 / 3)]


def heads(edition):
    """Return the nine most used models of each week: as listed, and of whole calendar weeks made of days."""
    rows = edition.rows("token_models")
    about = edition.rows("model_aliases")[["platform", "name", "model_id", "entity_id"]]
    rows = rows[rows["name"] != "other"].merge(about, on=["platform", "name"], how="left")
    rows["model"] = rows["model_id"].where(rows["model_id"].fillna("") != "", rows["name"])
    rows["vendor"] = rows["entity_id"].where(rows["entity_id"].fillna("") != "", rows["name"])
    weeks, days = (rows[rows["frequency"] == frequency] for frequency in ("week", "day"))
    weeks = weeks.assign(week=weeks["period_end"])
    days = days.assign(week=days["period_end"] + pd.to_timedelta(6 - days["period_end"].dt.day_of_week, "D"))
    whole = days.groupby("week")["period_end"].transform("nunique") == 7
    both = pd.concat([weeks, days[whole & ~days["week"].isin(weeks["week"])]])
    both = both[both.groupby("week")["name"].transform("nunique") >= HEAD]
    tokens = both.groupby(["week", "model", "vendor"], as_index=False)["tokens"].sum()
    tokens = tokens.sort_values(["week", "tokens"], ascending=[True, False], kind="stable")
    tokens["rank"] = tokens.groupby("week").cumcount() + 1
    head = tokens[tokens["rank"] <= HEAD].copy()
    head["share"] = head["tokens"] / head.groupby("week")["tokens"].transform("sum")
    days_of_lists = head["week"].drop_duplicates()
    window = (days_of_lists.diff() > pd.Timedelta(days=10)).cumsum()
    return head.assign(window=head["week"].map(dict(zip(days_of_lists, window, strict=True))))


def trends(edition):
    """Return the slope a year of the Herfindahl index by vendor among the nine, while weeks follow one another.

    The slope is that of a line with errors of an autoregression of order one, its coefficient by restricted likelihood.
    """
    series = concentration(edition)
    return {name: ar1_line(*one)[0] for name, one in series.items()} | {
        f"{name}, n": len(values) for name, (values, _) in series.items()
    }


def concentration(edition):
    """Return the index among the nine by week and among all tokens by day: values, and years from the first."""
    head = heads(edition)
    weeks = head.groupby("window")["week"].transform("nunique")
    dense = head[head["week"] >= head.loc[weeks > 8, "week"].min()]
    index = dense.groupby(["week", "vendor"])["share"].sum().pow(2).groupby("week").sum()
    weekly = index.to_numpy(), (index.index - index.index[0]).days.to_numpy() / 365.25
    rows = edition.rows("token_models").query("frequency == 'day'")
    about = edition.rows("model_aliases")[["platform", "name", "entity_id"]]
    rows = rows.merge(about, on=["platform", "name"], how="left")
    rows["vendor"] = rows["entity_id"].where(rows["entity_id"].fillna("") != "", rows["name"])
    whole = rows.groupby("period_end")["tokens"].sum()
    named = rows[rows["name"] != "other"].groupby(["period_end", "vendor"])["tokens"].sum()
    daily = (named / whole).pow(2).groupby("period_end").sum()
    years = (daily.index - daily.index[0]).days.to_numpy() / 365.25
    return {"slope of concentration": weekly, "slope of concentration, days": (daily.to_numpy(), years)}


def ar1_line(values, years):
    """Return slope, autocorrelation and standard error of a line with AR(1) errors: restricted likelihood on a grid."""
    x = np.column_stack([np.ones(len(values)), years])
    gaps = np.round(np.diff(years) / np.median(np.diff(years)))
    best = (-np.inf, 0.0, 0.0, 0.0)
    for rho in np.concatenate([np.arange(0, 0.95, 0.02), np.arange(0.95, 0.999, 0.003)]):
        scale = np.sqrt(1 - rho ** (2 * gaps))
        data = np.column_stack([values, x])
        white = np.vstack([data[:1], (data[1:] - (rho**gaps)[:, None] * data[:-1]) / scale[:, None]])
        y, w = white[:, 0], white[:, 1:]
        beta, *_ = np.linalg.lstsq(w, y, rcond=None)
        rest = ((y - w @ beta) ** 2).sum()
        free = len(y) - 2
        likelihood = -np.log(scale).sum() - 0.5 * np.linalg.slogdet(w.T @ w)[1] - 0.5 * free * np.log(rest)
        error = np.sqrt(rest / free * np.linalg.inv(w.T @ w)[1, 1])
        best = max(best, (likelihood, beta[1], rho, error))
    return best[1:]


def lasting(edition):
    """Return median days of a stay among the nine, and in which a leader at three loses half of its greatest share."""
    found = spells(edition)
    return {name: lists.median_lasting(rows["days"], rows["ended"]) for name, rows in found.items()} | {
        f"{name}, n": len(rows) for name, rows in found.items()
    }


def spells(edition):
    """Return each stay among the nine and each loss of half: ``vendor``, ``days``, and whether it ``ended``."""
    head = heads(edition)
    stays, leads = [], []
    for _, rows in head.groupby("window"):
        weeks = sorted(rows["week"].unique())
        last = rows.groupby("week")["share"].min()
        for (_, vendor), own in rows.groupby(["model", "vendor"]):
            places = [weeks.index(week) for week in sorted(own["week"])]
            for start, end in runs(places):
                if start > 0:
                    over = end + 1 < len(weeks)
                    stays.append((vendor, 7 * (end - start + 1), over))
            if own["rank"].min() <= 3:
                leads.append((vendor, *until_half(own, weeks, last)))
    columns = ["vendor", "days", "ended"]
    return {
        "days among the nine": pd.DataFrame(stays, columns=columns),
        "days to half": pd.DataFrame([lead for lead in leads if lead[1]], columns=columns),
    }


def runs(places):
    """Return first and last place of each run of neighbouring places."""
    breaks = [k for k in range(1, len(places)) if places[k] != places[k - 1] + 1]
    parts = np.split(np.array(places), breaks)
    return [(int(part[0]), int(part[-1])) for part in parts]


def until_half(own, weeks, last):
    """Return days from a model's peak to the first week below half of it, and whether that was seen.

    Off the list it holds less than the last place did; where that is not below half of the peak nothing is known of
    it, and it is censored at the last week on the list.
    """
    share = own.set_index("week")["share"]
    peak, on = share.max(), share.idxmax()
    known = on
    for week in [week for week in weeks if week > on]:
        if share.get(week, last[week]) < peak / 2:
            return (week - on).days, True
        if week not in share.index:
            break
        known = week
    return (known - on).days, False


def nearness(edition):
    """Return by how much the fifth-best vendor nears the best in a year, as ratio and in points, month by month."""
    series = months_of_nearness(edition)
    return {name: ar1_line(*one)[0] for name, one in series.items()} | {
        f"{name}, n": len(values) for name, (values, _) in series.items()
    }


def months_of_nearness(edition):
    """Return how near the fifth-best vendor is to the best, month by month: values, and years from the first."""
    scored, _ = lists.scores(edition)
    models = edition.rows("models")[["model_id", "entity_id", "released_on"]]
    found = scored.merge(models, on="model_id").dropna(subset=["released_on"])
    first = edition.as_of - pd.DateOffset(months=18)
    months = pd.date_range(first, found["released_on"].max(), freq="ME")
    rows = []
    for month in months:
        best = found[found["released_on"] <= month].groupby("entity_id")["score"].max().nlargest(5)
        rows.append((month, best.iloc[4] / best.iloc[0], best.iloc[0] - best.iloc[4]))
    near = pd.DataFrame(rows, columns=["month", "ratio", "points"])
    years = (near["month"] - near["month"].iloc[0]).dt.days.to_numpy() / 365.25
    return {f"fifth to first, {scale}": (near[scale].to_numpy(), years) for scale in ("ratio", "points")}


def cheap(edition, prices):
    """Return in what part of pairs of two vendors alike in score the cheaper carries more tokens of the last weeks."""
    pairs, _ = alike(edition, prices)
    return {"cheaper leads, n": len(pairs), "cheaper leads": float(np.mean(pairs["wins"]))}


def alike(edition, prices):
    """Return the pairs, by place among the models, with ``wins`` (the cheaper one carries more), and the models."""
    rows = edition.rows("token_models").query("frequency == 'day' and name != 'other'")
    about = edition.rows("model_aliases")[["platform", "name", "model_id"]]
    rows = rows.merge(about, on=["platform", "name"])
    day = rows["period_end"].max()
    recent = rows[(rows["period_end"] > day - pd.Timedelta(days=28)) & (rows["model_id"] != "")]
    tokens = recent.groupby("model_id")["tokens"].sum()
    scored, _ = lists.scores(edition)
    sold = lists.on_day(prices, day).merge(scored[["model_id", "score"]], on="model_id")
    sold = sold.assign(tokens=sold["model_id"].map(tokens)).dropna(subset=["tokens"])
    models = sold[sold["blend"] > 0].reset_index(drop=True)
    sold, pairs = models.to_dict("records"), []
    for place, one in enumerate(sold):
        for at, other in enumerate(sold[place + 1 :], start=place + 1):
            if one["entity_id"] == other["entity_id"] or one["blend"] == other["blend"]:
                continue
            if abs(one["score"] - other["score"]) / min(one["score"], other["score"]) <= 0.05:
                pairs.append((place, at, (one["blend"] < other["blend"]) == (one["tokens"] > other["tokens"])))
    return pd.DataFrame(pairs, columns=["one", "other", "wins"]), models


def first_leader(edition, prices):
    """Return the first and the last known lowest price of the score that led first, on the first days of months."""
    scored, day = lists.scores(edition)
    begin = pd.Timestamp(prices["published_on"].min().year + 1, 1, 1)
    rows, level = [], None
    for month in pd.date_range(begin, day, freq="MS"):
        sold = lists.on_day(prices, month).merge(scored[["model_id", "score"]], on="model_id")
        sold = sold[sold["blend"] > 0]
        level = sold["score"].max() if level is None else level
        rows.append(sold.loc[sold["score"] >= level, "blend"].min())
    found = pd.Series(rows).dropna()
    return {"first leader's price": found.iloc[0], "first leader's price, last": found.iloc[-1]}
