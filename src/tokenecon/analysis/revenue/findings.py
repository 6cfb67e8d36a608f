"""What chapter 1 finds: revenue by line, its growth and margin, stated run-rates, and the article's figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tokenecon.analysis import judge
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.revenue import mix, run_rates
from tokenecon.analysis.revenue.flows import (
    KEY,
    annualised,
    finest,
    months_between,
    scoped,
    with_middle,
    with_remainders,
)
from tokenecon.catalog import Period

RECOGNISED = ("revenue", "revenue_share", "revenue_growth")
"""Metrics of the article's figures that this chapter computes again."""


@dataclass(frozen=True)
class Doubling:
    """A stated run-rate (``rate``) that was set against revenue of a year (``base``), both in dollars.

    ``like`` is the run-rate over the annual pace of the last ``period`` filed by then, ``months`` the time between.
    """

    rate: float
    base: float
    period: str
    like: float
    months: int


class Revenue(Findings):
    """The revenue mix of the companies that an edition sets side by side."""

    @finding
    def shown(self) -> tuple[str, ...]:
        """Labels of the periods that the edition shows, the focal one last."""
        return tuple(period.label for period in (*self.edition.comparatives, self.edition.focal))

    @finding
    def segments(self) -> pd.DataFrame:
        """Business lines that together make up the revenue of whoever files them."""
        return self.cat.segments.query("axis == 'business' and exhaustive")

    @finding
    def accounts(self) -> pd.DataFrame:
        """Figures of the companies that file by business line, each company's in its latest currency."""
        filed = self.cat.financials[self.cat.financials["entity_id"].isin(self.segments["entity_id"])]
        return self.cat.in_one_currency(filed)

    @finding
    def sales(self) -> pd.DataFrame:
        """Revenue by line, with the periods that filings imply, in the currency of the accounts."""
        return with_remainders(self.accounts.query("metric == 'revenue'"), self.cat.segments)

    @finding
    def filers(self) -> tuple[str, ...]:
        """Vendors whose accounts are split by business line in whole periods."""
        sold = self.cat.financials.query("metric == 'revenue'").merge(self.segments[KEY], on=KEY)
        return tuple(dict.fromkeys(sold["entity_id"]))

    @finding
    def dollars(self) -> pd.DataFrame:
        """Revenue of all filers, of the token business and in total (``measure``), in dollars."""
        return self._in_dollars("revenue")

    @finding
    def gross_profit_dollars(self) -> pd.DataFrame:
        """Gross profit of all filers, as :attr:`dollars`."""
        return self._in_dollars("gross_profit")

    @finding
    def rd_dollars(self) -> pd.DataFrame:
        """R&D of all filers, as :attr:`dollars`."""
        return self._in_dollars("rd_expense")

    def _in_dollars(self, metric: str) -> pd.DataFrame:
        business = self.cat.segments.query("segment == 'total' or (axis == 'business' and exhaustive)")
        rows = self.cat.financials[self.cat.financials["metric"] == metric]
        rows = rows[rows["entity_id"].isin(self.filers) & rows["segment"].isin(business["segment"])]
        flows = with_remainders(self.cat.in_one_currency(rows), self.cat.segments)
        return scoped(self.cat.in_currency(flows, "USD", "average"), business)

    @finding
    def run_rates(self) -> pd.DataFrame:
        """Run-rates stated, of whoever files or speaks of dollars, in dollars, with ``measure`` and ``on``.

        Of two on one day the one annualised from a month comes last. What is dated by a span only, as in a chart of
        several months, is left out: nobody said it of its last day.
        """
        said = self.cat.statements.query("metric == 'run_rate' and kind == 'run_rate'").dropna(subset=["value"])
        said = said[said["period_start"] == said["period_end"]]
        said = said[said["base_unit"].eq("USD") | said["entity_id"].isin(self.filers)]
        dollars = scoped(self.cat.in_currency(said, "USD", "closing"), self.cat.segments)
        dated = dollars.assign(on=dollars["period_end"], longer=dollars["definition"].eq("monthly_x12"))
        return dated.sort_values(["on", "longer"], kind="stable", ignore_index=True)

    @finding
    def token(self) -> pd.DataFrame:
        """Share of the token business in revenue, of every company that files it."""
        return mix.shares(self.sales, self.segments).query("route == 'api'")

    @finding
    def lines(self) -> pd.DataFrame:
        """Share of each business line in revenue, of the edition's companies."""
        return self._named(mix.shares(self._own(self.sales), self.segments))

    def api_share(self, period: str) -> pd.Series:
        """Return the API share of revenue in a period, by the name of each company; NaN where it is unknown."""
        api = self.lines.query("route == 'api' and period == @period").set_index("company")["share"]
        return api.reindex([company.name for company in self.companies])

    @finding
    def growth(self) -> pd.DataFrame:
        """What each line adds to the growth of revenue; lines renamed, split or merged are followed."""
        followed = mix.continued(self._own(self.sales), self.cat.segments)
        return self._named(mix.growth_contributions(mix.shares(followed, self.segments)))

    @finding
    def newest(self) -> tuple[str, str]:
        """Labels of the focal period and the one before it.

        Where others filed the focal period and the first company did not, they are of the last that it filed. A period
        that nobody filed yet stays, so that what needs it is a gap.
        """
        own = self.growth.loc[self.growth["entity_id"] == self.companies[0].id].sort_values(["period_end", "months"])
        silent = self.focal in set(self.growth["period"]) - set(own["period"]) and len(own) > 0
        label = own["period"].iloc[-1] if silent else self.focal
        return label, Period.parse(label).year_before.label

    @finding
    def margins(self) -> pd.DataFrame:
        """Gross margin by line and in total, with ``route``."""
        profit = with_remainders(self.accounts.query("metric == 'gross_profit'"), self.cat.segments)
        margins = mix.gross_margins(profit, self.sales).merge(self.cat.segments[[*KEY, "route"]])
        return self._named(self._own(margins))

    @finding
    def reported_margins(self) -> pd.DataFrame:
        """Gross margins by line that only a source's ratio gives, with its ``tier``."""
        reported = self.accounts.query(
            "metric == 'gross_margin' and segment in @lines", local_dict={"lines": [*self.segments["segment"]]}
        )
        return self._named(self._own(mix.unlike(reported, self.margins)))

    @finding
    def margins_if_held(self) -> pd.DataFrame:
        """What the newest total margin asks of lines whose margins only a quotation gives, by company."""
        quoted = self.reported_margins.merge(self.cat.segments[[*KEY, "route"]], on=KEY, validate="many_to_one")
        return self._named(mix.if_held(self.margins, quoted, self.lines))

    @finding
    def line_margins(self) -> pd.DataFrame:
        """Gross margins in the focal period of the ``api`` line and of the ``rest``, by company that files both."""
        own = self.margins.query("segment != 'total' and period == @focal", local_dict={"focal": self.focal})
        line = own["route"].where(own["route"] == "api", "rest")
        sums = own.assign(line=line).groupby(["company", "line"], as_index=False)[["value", "revenue"]].sum()
        margins = sums.assign(margin=sums["value"] / sums["revenue"]).pivot_table("margin", "company", "line")
        return margins.reindex(columns=["api", "rest"]).dropna()

    @finding
    def recognised(self) -> pd.DataFrame:
        """Revenue of the token business and in total (``measure``), in dollars at the average rate of its period."""
        return self.cat.in_currency(scoped(self._own(self.sales), self.cat.segments), "USD", "average")

    @finding
    def stated(self) -> pd.DataFrame:
        """Run-rates said, guided or forecast, in dollars at the closing rate; ``on`` is the day spoken about."""
        said = self._own(self.cat.statements.query("metric == 'run_rate' and period_start == period_end"))
        said = self.cat.in_currency(scoped(said, self.cat.segments), "USD", "closing").dropna(subset=["value"])
        said = said.assign(on=said["period_end"], forecast=~said["kind"].eq("run_rate"))
        return self._named(said).sort_values("on")

    @finding
    def within_year(self) -> pd.DataFrame:
        """API share in the shortest periods filed, from the first part of a year that the edition shows."""
        api = self.lines.query("route == 'api'")
        parts = api[api["period"].isin(self.shown) & (api["months"] < 12)]
        return with_middle(finest(api[api["period_start"] >= parts["period_start"].min()]))

    @finding
    def full_years(self) -> pd.DataFrame:
        """API share of the full years that the shorter periods belong to."""
        api = self.lines.query("route == 'api' and months == 12")
        return api[api["period"].isin(self.shown) & (api["period_end"] >= self.within_year["period_start"].min())]

    @finding
    def by_period(self) -> pd.DataFrame:
        """The API line, the rest, revenue and the API share, one row a company and period."""
        parts = self.lines["period"].str.match("9M|Q")
        return mix.by_period(self.lines[self.lines["period"].isin(self.shown) | parts])

    @finding
    def margin_change(self) -> pd.DataFrame:
        """What moved the gross margin of each company whose lines all have one: margins within lines, and their mix.

        Lines renamed, split or merged are followed.
        """
        lines = self.segments["segment"]
        own = self.margins[self.margins["segment"].isin(lines)]
        followed = mix.continued_margins(own, self._own(self.sales), self.cat.segments)
        return self._named(mix.margin_change(followed, list(lines)))

    @finding
    def margin_lines(self) -> pd.DataFrame:
        """Margins as a chart shows them: of lines where these are filed, else of the company, and what only others say.

        ``filed`` marks computed margins; ``middle`` is the middle of the period.
        """
        margins = self.margins.assign(of_line=self.margins["segment"] != "total")
        by_line = margins.groupby("entity_id")["of_line"].transform("any")
        drawn = finest(margins[margins["of_line"] == by_line])
        both = pd.concat([drawn.assign(filed=True), self.reported_margins.assign(filed=False)], ignore_index=True)
        return with_middle(both)

    @finding
    def latest(self) -> pd.DataFrame:
        """The latest run-rates said of each company and measure; several where one day has several."""
        present = self.stated[~self.stated["forecast"]]
        return present[present["on"] == present.groupby(["entity_id", "measure"])["on"].transform("max")]

    @finding
    def said_since(self) -> pd.DataFrame:
        """Run-rates of the first company for days after the last period it filed, rows of :attr:`stated`.

        One row where two outlets give the same of one day.
        """
        own = self.stated.query("entity_id == @first and not forecast", local_dict={"first": self.companies[0].id})
        filed = self.recognised.query("entity_id == @first", local_dict={"first": self.companies[0].id})
        since = own[own["on"] > filed["period_end"].max()]
        since = since.assign(vague=since["qualifier"].ne("exact")).sort_values(["on", "value", "vague"])
        return since.drop_duplicates(["on", "measure", "value", "definition"], ignore_index=True)

    @finding
    def pace(self) -> pd.DataFrame:
        """From each recognised period to the latest run-rate: the multiple, and the growth that joins the two."""
        return self._named(run_rates.run_rate_growth(self.recognised, self.latest))

    @finding
    def multiples(self) -> pd.DataFrame:
        """Latest run-rate over the annual pace of the last and shortest period filed, by company and measure."""
        ranked = self.pace.sort_values(["period_end", "months", "multiple"], ascending=[False, True, True])
        return ranked.drop_duplicates(["entity_id", "measure"]).reset_index(drop=True)

    @finding
    def headline_margins(self) -> pd.DataFrame:
        """Gross margins of the API line where it is filed, else of the company, with ``value``."""
        filed = self.margin_lines[self.margin_lines["filed"]]
        of_api = set(filed.loc[filed["route"] == "api", "entity_id"])
        kept = (filed["route"] == "api") | ((filed["segment"] == "total") & ~filed["entity_id"].isin(of_api))
        return filed[kept].assign(value=filed["margin"])

    @finding
    def headline_multiples(self) -> pd.DataFrame:
        """:attr:`multiples` of the API line where its run-rate is stated, else of the company, with ``value``."""
        of_api = set(self.multiples.loc[self.multiples["measure"] == "api", "entity_id"])
        kept = (self.multiples["measure"] == "api") | ~self.multiples["entity_id"].isin(of_api)
        return self.multiples[kept].assign(value=self.multiples["multiple"])

    @finding
    def newest_pace(self) -> pd.DataFrame:
        """The paths of :attr:`pace` that begin in a period ending with the last one filed, with ``definition``.

        One path where two outlets give the same run-rate.
        """
        newest = self.pace.groupby(["entity_id", "measure"])["period_end"].transform("max")
        found = self.pace[self.pace["period_end"] == newest]
        found = found.assign(definition=found["statement_id"].map(self.latest.set_index("statement_id")["definition"]))
        found = found.drop_duplicates(["entity_id", "measure", "period", "run_rate", "on", "definition"])
        return found.sort_values(["entity_id", "measure", "months"], ascending=[False, True, False])

    @finding
    def bases(self) -> pd.DataFrame:
        """Days on which one company stated its run-rate both from a week and from a month."""
        present = self.stated[~self.stated["forecast"]]
        wide = present.pivot_table("value", ["entity_id", "on"], "definition")
        return wide.reindex(columns=["monthly_x12", "weekly_x52"]).dropna().reset_index()

    @finding
    def doubling(self) -> Doubling | None:
        """The article's run-rate over revenue of a year, beside the same run-rate over the last pace before it."""
        ratios = self.cat.claims_of().query("metric == 'run_rate_multiple'")
        if ratios.empty:
            return None
        claim = ratios.iloc[0]
        quoted = judge.about(self.cat.claims_of(), claim)
        rate = quoted.query("metric == 'run_rate'").sort_values("period_end").iloc[-1]
        base = quoted.query("metric == 'revenue' and base_unit == 'USD' and segment == 'total'").iloc[-1]
        own = self.recognised[self.recognised["entity_id"] == claim["entity_id"]]
        filed = own.query("measure == 'total' and period_end <= @rate.period_end")
        last = annualised(finest(filed)).sort_values("period_end").iloc[-1]
        months = months_between(last["period_end"], rate["period_end"])
        return Doubling(rate["value"], base["value"], last["period"], rate["value"] / last["annualised"], months)

    @finding
    def drawn_run_rates(self) -> pd.DataFrame:
        """Paces and statements as a chart shows them (``drawn``: ``recognised`` or ``stated``)."""
        recognised = self.recognised[self.recognised["period_start"] >= self.within_year["period_start"].min()]
        stated_of = self.stated[["entity_id", "measure"]].drop_duplicates()
        paces = annualised(finest(recognised))
        paces = paces[(paces["measure"] == "total") | _among(paces, stated_of)]
        return pd.concat([paces.assign(drawn="recognised"), self.stated.assign(drawn="stated")], ignore_index=True)

    @finding
    def paces(self) -> pd.DataFrame:
        """Annual pace of the shortest periods filed, in dollars, by company and measure."""
        return annualised(finest(self.recognised))

    @finding
    def token_shares(self) -> pd.DataFrame:
        """Every token share of revenue known, by vendor: filed, else stated, else quoted; forecasts too."""
        kept = {*[label for label in self.shown if label.startswith("FY")][-2:], self.edition.focal.label}
        said, quoted = (
            frame.query("metric == 'revenue_share'") for frame in (self.cat.statements, self.cat.claims_of())
        )
        points = mix.convergence(self.token[self.token["period"].isin(kept)], said, quoted, self.cat.segments)
        return points.assign(company=points["entity_id"].map(self._names()))

    @finding
    def billed(self) -> pd.DataFrame:
        """Parts of revenue by what customers are billed by (:func:`~tokenecon.analysis.revenue.mix.billed`), by vendor.

        The edition's companies come first.
        """
        filed = self.cat.financials.query("metric == 'revenue'")
        rows = mix.billed(filed, self.cat.statements.query("metric == 'revenue_share'"), self.cat.segments)
        order = {company.id: place for place, company in enumerate(self.companies)}
        rows = rows.assign(company=rows["entity_id"].map(self._names()), place=rows["entity_id"].map(order))
        return rows.sort_values(["place", "entity_id", "period_end"], ignore_index=True)

    @finding
    def latest_shares(self) -> pd.Series:
        """The latest API share known of each vendor, by name; expectations left out."""
        known = self.token_shares[~self.token_shares["forecast"]].sort_values("on")
        return known.groupby("company", sort=False)["share"].last()

    @finding
    def expected(self) -> pd.Series:
        """The last expected API share of each vendor, by name, year and who expects it."""
        ahead = self.token_shares[self.token_shares["forecast"]].drop_duplicates("entity_id", keep="last")
        return ahead.set_index(ahead["company"] + ", " + ahead["label"])["share"]

    @finding
    def quotes(self) -> pd.DataFrame:
        """Claims of all articles with a figure of their own that is measured."""
        return self.cat.claims.query("statement_id == '' and metric != ''")

    @finding
    def figures(self) -> pd.DataFrame:
        """Accounts of the entities that claims with a figure are about."""
        about = self.cat.claims.query("metric != ''")["entity_id"]
        return self.cat.financials[self.cat.financials["entity_id"].isin(about)]

    @finding
    def figures_judged(self) -> pd.DataFrame:
        """Every claimed figure judged against the accounts in their own currency, by claim."""
        return judge.evaluate(self.quotes, self.cat.metrics, self.figures).set_index("claim_id")

    @finding
    def judged(self) -> pd.DataFrame:
        """The article's figures on the revenue mix in the currency of the accounts, computed again and judged."""
        quotes = self.cat.claims_of().query(
            "statement_id == '' and metric in @RECOGNISED and computation != 'from_accounts_converted'",
            local_dict={"RECOGNISED": RECOGNISED},
        )
        return self._named(self.figures_judged.loc[self._own(quotes)["claim_id"]].reset_index())

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["entity_id"].isin([company.id for company in self.companies])]

    def _names(self) -> Mapping[str, str]:
        entities = self.cat.entities.set_index("entity_id")
        return entities["short_name"].where(entities["short_name"] != "", entities["name"]).to_dict()

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` with the names to show: ``company``, ``line`` (short) and ``label``; no row more or less."""
        segments = self.cat.segments.set_index(KEY)
        labels = segments["short_label"].where(segments["short_label"] != "", segments["label"])
        keys = pd.MultiIndex.from_frame(frame[KEY])
        names = frame["entity_id"].map(self._names())
        full = segments["label"].reindex(keys).to_numpy()
        return frame.assign(company=np.asarray(names), line=labels.reindex(keys).to_numpy(), label=full)


def _among(frame: pd.DataFrame, kept: pd.DataFrame) -> pd.Series:
    """Whether each row's values of the columns of ``kept`` are a row of it."""
    rows = pd.MultiIndex.from_frame(frame[list(kept.columns)])
    return pd.Series(rows.isin(pd.MultiIndex.from_frame(kept)), index=frame.index)
