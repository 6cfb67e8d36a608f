"""What a model cost on a day, from the lists that sell it: one history a model and market."""

import numpy as np
import pandas as pd

SPAN = ["endpoint", "name", "condition", "effective_from", "origin"]
MODEL = ["model_id", "market"]
NEVER = pd.Timestamp("2200-01-01")


def own_lists(edition):
    """Return makers' own list prices: rulings applied, excluding flags left out, later ends and sightings unseen.

    A span that its list leaves open ends once no list has shown the model for ninety days.
    """
    prices = edition.rows("prices")
    prices["row"] = range(len(prices))
    ruled = edition.rows("price_rulings")
    both = prices.merge(ruled[[*SPAN, "flag", "column", "corrected"]], on=SPAN)
    for row in both.to_dict("records"):
        place = prices["row"] == row["row"]
        prices.loc[place, "flags"] = (prices.loc[place, "flags"] + " " + row["flag"]).str.strip()
        if row["column"]:
            prices.loc[place, row["column"]] = float(row["corrected"])
    ends = edition.rows("price_ends").sort_values("published_on", kind="stable").drop_duplicates(SPAN, keep="last")
    known = prices[SPAN].merge(ends[[*SPAN, "effective_to"]], on=SPAN, how="left")["effective_to"]
    prices["effective_to"] = known.fillna(prices["effective_to"])
    for name in ("effective_to", "last_seen_on"):
        prices[name] = prices[name].where(prices[name] <= edition.as_of)
    flags = edition.rows("flags")
    excluding = set(flags.loc[(flags["table"] == "prices") & flags["excluded"], "flag"])
    kept = prices[[excluding.isdisjoint(names.split()) for names in prices["flags"]]].reset_index(drop=True)
    makers = edition.rows("models")[["model_id", "entity_id"]]
    kept["begin"] = kept["effective_from"].fillna(kept["published_on"])
    kept["effective_to"] = kept["effective_to"].fillna(out_of_sight(edition, kept))
    return kept.merge(makers, on="model_id").assign(blend=lambda rows: (3 * rows["input"] + rows["output"]) / 4)


def out_of_sight(edition, prices):
    """Return the first day that is more than ninety days after any list showed the row's model; none if yet to come."""
    indexed = edition.rows("index_prices").rename(columns={"last_seen_on": "day"})
    shown = edition.rows("litellm_prices").rename(columns={"published_on": "day"})
    own = prices[prices["effective_to"].isna()].rename(columns={"last_seen_on": "day"})
    sights = pd.concat([rows[["model_id", "day"]] for rows in (own, indexed, shown)])
    sights["day"] = sights["day"].where(sights["day"] <= edition.as_of, edition.as_of)
    gone = prices["model_id"].map(sights.groupby("model_id")["day"].max()) + pd.Timedelta(days=91)
    return gone.where(gone <= edition.as_of)


def changes(prices):
    """Return each model's first price and every change of it.

    A list's first showing of a model that another list has is no change; a later day of the same list is, and so is
    a day that the vendor's own page names. A span without a first day that had ended when it was seen has no place.
    """
    placed = prices[prices["effective_from"].notna() | ~(prices["effective_to"] <= prices["published_on"])]
    placed = placed.assign(echo=~placed["dating"].isin(["page", "stated"]))
    placed = placed.sort_values([*MODEL, "begin", "echo", "input", "output"], kind="stable")
    kept, model, price, day, lists = [], None, None, None, {}
    seen = placed[[*MODEL, "begin", "echo", "input", "output", "endpoint", "name"]]
    for at, (*own, begin, echo, input_, output, endpoint, name) in enumerate(seen.itertuples(index=False)):
        if own != model:
            model, price, day, lists = own, None, None, {}
        told, place = (input_, output), (endpoint, name)
        speaks = price is None or not echo or lists.get(place, begin) < begin
        if told != price and speaks and begin != day:
            kept.append(at)
            price, day = told, begin
        lists[place] = begin
    return placed.iloc[kept].reset_index(drop=True)


def on_day(prices, day, market="international"):
    """Return what each model that some list showed on a day then cost."""
    begun = prices[(prices["begin"] <= day) & (prices["market"] == market)]
    shown = set(begun.loc[~(begun["effective_to"] <= day), "model_id"])
    last = changes(begun).drop_duplicates(MODEL, keep="last")
    return last[last["model_id"].isin(shown)]


def levels(edition, prices):
    """Return every price level with the days on which it held, the first from release where lists came within 60 days.

    The last level ends on the day on which every list had dropped the model.
    """
    found = changes(prices)
    found = found[found["begin"] <= edition.as_of].copy()
    found["ends"] = found.groupby(MODEL)["begin"].shift(-1)
    gone = prices.groupby(MODEL)["effective_to"].agg(lambda ends: ends.max() if ends.notna().all() else pd.NaT)
    last = ~found.duplicated(MODEL, keep="last")
    dropped = gone.reindex(pd.MultiIndex.from_frame(found[MODEL])).to_numpy()
    found["ends"] = found["ends"].mask(last & (dropped > found["begin"].to_numpy()), pd.Series(dropped, found.index))
    about = edition.rows("models")[["model_id", "released_on", "weights"]]
    countries = edition.rows("entities")[["entity_id", "country"]]
    found = found.merge(about, on="model_id").merge(countries, on="entity_id")
    first = ~found.duplicated(MODEL)
    late = (found["begin"] - found["released_on"]).dt.days
    known = first & late.between(-365, 60)
    found["begins"] = found["begin"].mask(known, found[["begin", "released_on"]].min(axis=1))
    found["at_release"] = known.groupby([found[name] for name in MODEL]).transform("first")
    return found


def held_on(found, day):
    """Return the levels that held on a day."""
    return found[(found["begins"] <= day) & (found["ends"].fillna(NEVER) > day)]


def scores(edition, test="aa_index"):
    """Return each model's best score in the last set of a test, and the day of the set."""
    rows = edition.rows("capability")
    rows = rows[(rows["benchmark"] == test)]
    day = rows["published_on"].max()
    rows = rows[(rows["published_on"] == day) & (rows["score"] > 0)]
    best = rows.sort_values(["model_id", "score", "run_cost"]).drop_duplicates("model_id", keep="last")
    return best[["model_id", "score", "basis", "run_cost"]], day


def sample(edition, prices, test="aa_index"):
    """Return models with an international list price on the day of the scores, a score, and a past day of release."""
    scored, day = scores(edition, test)
    found = on_day(prices, day).merge(scored, on="model_id")
    found = found.merge(edition.rows("models")[["model_id", "released_on", "weights"]], on="model_id")
    found = found.merge(edition.rows("entities")[["entity_id", "country"]], on="entity_id")
    found = found[(found["released_on"] <= day) & (found["blend"] > 0)].reset_index(drop=True)
    years = (found["released_on"] - pd.Timestamp("2020-01-01")).dt.days / 365.25
    return found.assign(log_price=np.log(found["blend"]), log_score=np.log(found["score"]), released=years)


def median_lasting(lengths, ended):
    """Return Kaplan and Meier's median: the first time by which no more than half survive."""
    frame = pd.DataFrame({"days": np.asarray(lengths, float), "ended": np.asarray(ended, bool)})
    alive = 1.0
    for day, rows in frame.groupby("days"):
        alive *= 1 - rows["ended"].sum() / (frame["days"] >= day).sum()
        if alive <= 0.5 + 1e-12:
            return day
    return float("nan")
