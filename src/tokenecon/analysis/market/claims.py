"""What bears on the claims about the structure of the market, one function a computation.

Each docstring states the rule of the verdict. Thresholds are judgements: ``data/rules.csv`` has them, with reasons.
"""

from __future__ import annotations

from collections.abc import Sequence

from statsmodels.stats.proportion import proportion_confint

from tokenecon.analysis import routes
from tokenecon.analysis.estimate import Estimate
from tokenecon.analysis.finding import Findings
from tokenecon.analysis.judge import (
    Claim,
    Result,
    Verdict,
    by_halves,
    by_interval,
    computation,
    estimated,
    keys,
    ranged,
    threshold,
)
from tokenecon.analysis.market import frontier, premium, surveys
from tokenecon.analysis.market.findings import LARGEST, Market
from tokenecon.analysis.routes.findings import Routes

SECTION, ROUTES = "sec-market-structure", "sec-route-divergence"


def used(known: Findings, *, tokens: bool = False, prices: bool = True) -> tuple[str, ...]:
    """Return the sources of prices, of what else shows a model on sale, and of scores; and of tokens."""
    found = set(known.cat.token_models["source_id"]) if tokens else set()
    if prices:
        found |= {*known.of(Market).sources}
    return keys(found)


@computation
def tokens_rise(known: Findings, claim: Claim) -> Result:
    """Count, among vendors that a router's first month of daily lists names, those whose tokens rose to the last.

    The article's first company is left out. The claim does not say where, so that the vendors of its country and those
    of all must agree. A vendor is one observation, the interval Wilson's. A country's total, which can hardly fall, is
    told beside it.
    """
    f = known.of(Market)
    others = f.vendors_grown.dropna(subset="times").query("entity_id != @own", local_dict={"own": f.companies[0].id})
    place = known.name(claim["entity_id"])
    home = others["country"] == known.cat.entities.set_index("entity_id")["country"][claim["entity_id"]]
    parts = {"all": others["times"] > 1, place: others.loc[home, "times"] > 1}
    said = known.cat.operating.query("metric == 'daily_tokens' and segment == 'total'")
    said = said[said["entity_id"] == claim["entity_id"]].sort_values("period_end")
    beside = (
        f"the published total of {place} went from {said['value'].iloc[0] / 1e12:.1f} to "
        f"{said['value'].iloc[-1] / 1e12:,.0f} trillion tokens a day by {said['period'].iloc[-1]}, and cannot tell "
        "one company from another"
    )
    sources = (*said["source_id"], *used(known, tokens=True, prices=False))
    if parts[place].empty:
        note = f"no list of many vendors over time is known; {beside}"
        return Result(Verdict.undetermined, note=note, sources=keys(said["source_id"]), section=SECTION)
    most = threshold(known, claim, "most")
    ends = {name: proportion_confint(rose.sum(), len(rose), method="wilson") for name, rose in parts.items()}
    judged = {by_interval(*end, most) for end in ends.values()}
    told = ", ".join(f"{rose.sum()} of {len(rose)} ({name})" for name, rose in parts.items())
    note = (
        f"vendors other than {known.name(f.companies[0].id)} whose tokens a day on one router rose from its first "
        f"month of daily lists to the last: {told}. The router grew meanwhile; {beside}"
    )
    share = Estimate(parts["all"].mean(), *ends["all"], len(others), "Wilson")
    verdict = judged.pop() if len(judged) == 1 else Verdict.undetermined
    return estimated(share, verdict, "percent", note, sources, SECTION, f.days["day"].max())


@computation
def quality_sets_price(known: Findings, claim: Claim) -> Result:
    """Ask whether capability is priced at all: supported if the premium over all models excludes zero."""
    earned = known.of(Market).premium
    more = f"premium of {premium.ADVANTAGE:.0%} more capability"
    note = f"{more} over all models on sale, date of release held fixed, an association"
    verdict, on = by_interval(earned.low, earned.high), known.of(Market).priced_on
    return estimated(earned, verdict, "percent", note, used(known), SECTION, on)


@computation
def premium_of_advantage(known: Findings, claim: Claim) -> Result:
    """Compare the premium of the claimed advantage at coding, among the best, with the claimed premium, vendors drawn.

    The article names demanding uses such as coding; the Coding Index measures these. Beside it stand the top third by
    the index, and all models.
    """
    f = known.of(Market)
    note = (
        f"premium of {premium.ADVANTAGE:.0%} more capability in the top third by the Coding Index; by the Intelligence "
        f"Index {f.premium_top.text}, over all models {f.premium.text}"
    )
    found = f.premium_coding
    verdict = by_interval(found.low, found.high, claim["value"])
    return estimated(found, verdict, "percent", note, used(known), SECTION, f.priced_on)


@computation
def advantage_needed(known: Findings, claim: Claim) -> Result:
    """Turn that claim round: how much better at coding a top model must be for the claimed premium."""
    needed = known.of(Market).premium_coding.map(premium.advantage_for)
    note = f"advantage that goes with {premium.CLAIMED:.0%} more in price in the top third by the Coding Index"
    verdict = by_interval(-needed.high, -needed.low, -claim["value"])
    return estimated(needed, verdict, "percent", note, used(known), SECTION, known.of(Market).priced_on)


@computation
def oligopoly(known: Findings, claim: Claim) -> Result:
    """Ask whether concentration rises: supported if it does on every series, with intervals for series that remember.

    Not supported if it falls on every one; a series too short for an interval counts where its sign says otherwise.
    """
    f = known.of(Market)
    found = f.trends.set_index("series")
    main = found.loc[LARGEST]
    verdict = by_intervals(list(found["slope"]))
    told = "; ".join(f"{name} {row['slope'].text}" for name, row in found.iterrows() if name != LARGEST)
    note = (
        f"change a year of the Herfindahl index by vendor among the nine most used models of one router, level "
        f"{main['level'].text}; break most likely on {main['break_on']:%Y-%m-%d}, p = {main['p']:.2f}. Other series: "
        f"{told or 'none long enough'}. Definitions of the market differ in level"
    )
    sources = used(known, tokens=True, prices=False)
    return estimated(main["slope"], verdict, "index points", note, sources, SECTION, f.dense_series["on"].max())


@computation
def few_can_bear(known: Findings, claim: Claim) -> Result:
    """Count the firms whose R&D the market of the country in question pays for.

    Supported if few by every definition of market and scope.
    """
    f, few = known.of(Market), threshold(known, claim, "few")
    firms = f.bounds["firms"]
    if firms.empty:
        return Result(Verdict.undetermined, note="no sales of a market are known", section=SECTION)
    home = f.countries[0].adjective
    told = "; ".join(
        f"{row.market}, {row.scope}: {row.low:.1f} to {row.high:.1f}" for row in f.bound_ranges.itertuples()
    )
    note = (
        f"firms of equal size whose R&D the gross profit of the {home} market of the same year pays for; few "
        f"are at most {few:.0f}. By definition: {told}. Capital may wait for growth, and the world's largest vendors "
        "file no R&D"
    )
    sources = [*known.cat.financials.query("metric == 'rd_expense'")["source_id"], *f.markets["source_id"]]
    verdict = by_interval(-firms.max(), -firms.min(), -few)
    on = f.markets.loc[f.markets["label"].isin(f.bounds["market"]), "on"].max()
    return ranged(verdict, firms, "markets, scopes, outlays and margins", "firms", note, sources, SECTION, on)


@computation
def tiers(known: Findings, claim: Claim) -> Result:
    """Judge two halves: that list prices leave gaps between tiers, and that no single winner takes all.

    A gap is a second mode of the best mixture that a dip test confirms with round prices moved apart; none, where both
    say so. No winner takes all where the largest vendor stays under a threshold by every definition, whoever the
    rest is.
    """
    f = known.of(Market)
    shape, largest = f.shape, f.definitions.dropna(subset=["cr1_low"])
    layered = Verdict.undetermined if f.gapped is None else _whether(f.gapped)
    winner = threshold(known, claim, "winner")
    each = {by_interval(-row.cr1_high, -row.cr1_low, -winner) for row in largest.itertuples()}
    open_ended = each.pop() if len(each) == 1 else Verdict.undetermined
    verdict, told = by_halves({"gaps in prices": layered, "no single winner": open_ended})
    note = (
        f"modes of the mixture that fits log prices best; dip test p = {shape.p:.3f} as listed, {shape.p_untied:.2f} "
        f"with round prices moved apart. The largest vendor has {largest['cr1_low'].min():.0%} to "
        f"{largest['cr1_high'].max():.0%} by definition. {told}"
    )
    return Result(
        verdict, float(shape.modes), n=shape.n, unit="mode" if shape.modes == 1 else "modes", note=note,
        sources=used(known), section=SECTION, on=f.priced_on,
    )  # fmt: skip


@computation
def tiers_by_task(known: Findings, claim: Claim) -> Result:
    """Judge three parts by thirds of models by price: the top takes most spending, the middle most tokens.

    That the bottom takes the long tail of uses is not seen: tokens by task are not published, so that thirds by price
    stand in for tiers by task.
    """
    f = known.of(Market)
    days, loads = f.placed["by_price"].frame["day"], f.loads
    tokens, spend = loads["token_share"], loads["spend_share"]
    verdict, parts = by_halves(
        {
            "the top takes most spending": _whether(spend.idxmax() == "top"),
            "the middle most tokens": _whether(tokens.idxmax() == "middle"),
            "the bottom the long tail": Verdict.undetermined,
        }
    )
    note = "tokens and list spending of thirds by price: " + "; ".join(
        f"{tier} {tokens[tier]:.0%} and {spend[tier]:.0%}" for tier in ("low", "middle", "top") if tier in loads.index
    )
    sources = used(known, tokens=True)
    note = f"{note}. {parts}, since no table has tokens by task"
    return Result(
        verdict, float(spend["top"]), n=days.nunique(), unit="percent", note=note, sources=sources, section=SECTION,
        on=days.max(),
    )  # fmt: skip


@computation
def strongest_not_needed(known: Findings, claim: Claim) -> Result:
    """Measure the share of tokens on models that score less than nine tenths of the best on sale."""
    f = known.of(Market)
    share = f.below_top
    note = (
        "tokens of one router on models below nine tenths of the best score on sale; the claim is read as most of them"
    )
    verdict = by_interval(share.low, share.high, threshold(known, claim, "most"))
    on = f.placed["by_score"].frame["day"].max()
    return estimated(share, verdict, "percent", note, used(known, tokens=True), SECTION, on)


@computation
def low_switching_costs(known: Findings, claim: Claim) -> Result:
    """Ask customers: supported if most use several vendors and most changes that were tried went well.

    Shares of models on a router built for switching say nothing of customers, and are told beside it. A survey is what
    firms say of themselves.
    """
    f = known.of(Market)
    asked, half = f.surveys, f.halving
    several = asked[asked["item"].isin(surveys.SEVERAL)]["share"]
    hard = asked[asked["item"].isin(surveys.HARD)]["share"]
    if several.empty or hard.empty:
        note = "no customer is observed: days until a leading model of a router has lost half of its share"
        sources = used(known, tokens=True, prices=False)
        return estimated(half, Verdict.undetermined, "days", note, sources, SECTION, f.heads["week"].max())
    both = {
        "several vendors at once": _whether(several.min() > threshold(known, claim, "several")),
        "changes that went well": _whether(hard.max() < threshold(known, claim, "hard")),
    }
    verdict, told = by_halves(both)
    note = (
        f"firms of a survey, and customers of one vendor, that use several at once ({several.min():.0%} to "
        f"{several.max():.0%}), and firms whose change of vendor failed or took far more effort "
        f"({hard.iloc[-1]:.0%} of those who tried). {told}. On a router a leading model loses half of its share in "
        f"{half.text}. Surveys are no measurement of behaviour; spending by customer and vendor over time would decide"
    )
    rows = asked[asked["item"].isin([*surveys.SEVERAL, *surveys.HARD])]
    return ranged(verdict, rows["share"], "surveys", "percent", note, rows["source_id"], SECTION, rows["on"].max())


@computation
def ninety_points(known: Findings, claim: Claim) -> Result:
    """Ask whether models near the best gain tokens the more they undercut it; too few of them leave it open.

    Few models, or vendors in effect: where one vendor holds much of the sample, an interval that draws vendors turns on
    who that is.
    """
    f = known.of(Market)
    found = f.gains
    if found.empty:
        note = (
            "the edition knows tokens of the largest models of a week only, and a model that starts small is not there"
        )
        return Result(Verdict.undetermined, note=note, section=SECTION)
    between = found[~found["effects"].astype(bool) & found["horizon"].eq(30) & found["floor"].isna()].set_index("near")
    near, everything = between.loc[frontier.NEAR], between.loc[0.0]
    least = {name: threshold(known, claim, name) for name in ("models", "vendors")}
    enough = all(near[name] >= few for name, few in least.items()) and near["value"] == near["value"]
    row = near if enough else everything
    note = "change of log share within a month for a log point of undercutting the best" + (
        ""
        if enough
        else f", all models; of the claim's own case there are {near['models']:.0f} models of {near['vendors']:.1f} "
        f"vendors in effect, too few: {least['models']:.0f} and {least['vendors']:.0f} would do"
    )
    note += f". The smallest effect that would be seen in four of five cases is {row['detectable']:.2f}"
    verdict = by_interval(row["low"], row["high"]) if enough else Verdict.undetermined
    return Result(
        verdict, row["value"], row["low"], row["high"], f"95%, {row['errors']}", int(row["n"]), "log points", note,
        used(known, tokens=True), SECTION, f.listed_tokens["day"].max(),
    )  # fmt: skip


@computation
def capability_converges(known: Findings, claim: Claim) -> Result:
    """Ask whether the fifth-best vendor nears the best: by every test, as ratio and in points, from each start.

    A series too short for an interval counts where its sign says otherwise. Intervals are for series that
    remember; scores are of one day, so that models no longer scored are missing from the past.
    """
    f = known.of(Market)
    found = f.convergence_slopes
    towards = [row.slope.map(lambda value, sign=row.towards: sign * value) for row in found.itertuples()]
    bounded = [one for one in towards if one.has_interval]
    main = found[found["months"] == frontier.MONTHS]
    told = "; ".join(f"{row.index}, {row.scale} {row.slope.text}" for row in main.itertuples(index=False))
    first = main.iloc[0]
    note = (
        f"score of the fifth-best vendor over the best, change a year; {first['first']:.2f} to {first['last']:.2f}; "
        f"by test, as ratio and in points: {told}. Of {len(bounded)} such intervals over {len(frontier.MONTHS_BACK)} "
        f"starts {sum(one.low > 0 for one in bounded)} exclude no convergence"
    )
    verdict = by_intervals(towards)
    return estimated(first["slope"], verdict, "percentage points", note, f.score_sources, SECTION, f.priced_on)


@computation
def price_decides(known: Findings, claim: Claim) -> Result:
    """Ask of pairs of models alike in score whether the cheaper carries more tokens, and published elasticities.

    Supported if the interval lies above half and every elasticity with an error below zero; not supported if the
    interval lies below half.
    """
    f = known.of(Market)
    share = f.alike
    studies = routes.elasticities(known.cat.operating)
    sure = studies[studies["se"].notna()]
    told = ", ".join(f"{row.elasticity:.2f} ({row.low:.2f} to {row.high:.2f})" for row in sure.itertuples())
    note = (
        f"pairs of models of two vendors whose scores differ by at most {frontier.ALIKE:.0%} in which the cheaper "
        f"carries more tokens; nothing else is held fixed. Published elasticities: {told or 'none with an error'}"
    )
    verdict = by_interval(share.low, share.high, threshold(known, claim, "most"))
    if verdict is Verdict.supported and not (len(sure) and (sure["high"] < 0).all()):
        verdict = Verdict.undetermined
    sources, on = (*used(known, tokens=True), *studies["source_id"]), f.listed_tokens["day"].max()
    return estimated(share, verdict, "percent", note, sources, SECTION, on)


@computation
def costs_in_steps(known: Findings, claim: Claim) -> Result:
    """Judge two halves: that revenue need not keep pace, which one period shows, and that costs rise in steps.

    Half-years cannot tell a step from a slope, so the second half stays open.
    """
    pairs = known.of(Routes).growth
    pairs = pairs[pairs["months"].isin([6, 12])]
    lead = pairs["rd_expense"] - pairs["revenue"]
    verdict, told = by_halves(
        {"revenue need not keep pace": _whether((lead > 0).any()), "costs rise in steps": Verdict.undetermined}
    )
    note = (
        f"growth of R&D less growth of revenue, by company and period; R&D grew more in {int((lead > 0).sum())} of "
        f"{len(lead)}. {told}. R&D by month or by training run would show steps"
    )
    own = known.cat.financials.query("metric == 'rd_expense'")
    own = own[own["entity_id"].isin(pairs["entity_id"])]
    sources, on = own["source_id"], pairs["period_end"].max()
    return ranged(verdict, lead, "companies and periods", "percentage points", note, sources, SECTION, on)


def _whether(holds: bool) -> Verdict:
    return Verdict.supported if holds else Verdict.not_supported


def by_intervals(estimates: Sequence[Estimate]) -> Verdict:
    """Judge a claim that several quantities are above zero: one verdict only where all intervals give it, two at least.

    An estimate without an interval counts where its sign speaks against the others.
    """
    verdicts = [by_interval(one.low, one.high) for one in estimates if one.has_interval]
    signs = {one.value > 0 for one in estimates if not one.has_interval}
    if len(verdicts) < 2 or len(set(verdicts)) > 1 or signs - {verdicts[0] is Verdict.supported}:
        return Verdict.undetermined
    return verdicts[0]
