"""What chapter 5 finds: what targets ask for, what is simulated, how far break-even is, and every forecast kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tokenecon.analysis import revenue
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.judge import NAN
from tokenecon.analysis.outlook import (
    break_even,
    funds,
    growth,
    hindsight,
    peers,
    register,
    scenarios,
    scores,
    tokens,
    year,
)
from tokenecon.analysis.outlook.scenarios import MissingInput, Paths, Start
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.analysis.routes.findings import Routes
from tokenecon.catalog import Company
from tokenecon.catalog.companies import companies

MEASURES = ("api", "total")
"""Scopes of a run-rate, the token business first."""
REVENUE_OF: Mapping[str, str] = {"api": "API", "total": "all revenue"}
"""What each of :data:`MEASURES` counts, in words."""
STALE_DAYS = 14
"""Days after which a price says nothing of the day on which a target was named: a judgement."""
YEARS_AHEAD = 2
"""Years after the edition's own to whose end run-rates are simulated."""


class Outlook(Findings):
    """What must be true for the targets, by the vendors with a forecast, and how far the companies are from paying."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._paths: dict[str, Paths] = {}

    # What was said

    @finding
    def names(self) -> pd.Series:
        """Short name of each entity."""
        rows = self.cat.entities.set_index("entity_id")
        return rows["short_name"].where(rows["short_name"] != "", rows["name"].str.replace(r" \(.*", "", regex=True))

    @property
    def stated(self) -> pd.DataFrame:
        """Run-rates stated, in dollars, by ``measure`` and the day ``on``."""
        return self.of(Revenue).run_rates

    @finding
    def figures(self) -> pd.DataFrame:
        """Accounts of all entities."""
        return self.cat.financials

    @finding
    def register(self) -> pd.DataFrame:
        """Every forecast known (:func:`~tokenecon.analysis.outlook.register.forecasts`), with the ``band`` it means."""
        found = register.forecasts(self.cat.statements, self.cat.segments, self.as_of)
        bands = [register.band(row.value, row.qualifier) for row in found.itertuples()]
        return found.assign(band_low=[low for low, _ in bands], band_high=[high for _, high in bands])

    @finding
    def expectations(self) -> pd.DataFrame:
        """Forecasts that the article relays."""
        relayed = self.register["statement_id"].isin(self.cat.claims["statement_id"])
        return self.register[relayed].reset_index(drop=True)

    @finding
    def aims(self) -> pd.DataFrame:
        """Run-rates forecast in dollars, of the token business or in total, that are not due yet."""
        found = self.register.query("metric == 'run_rate' and base_unit == 'USD' and measure != '' and not passed")
        return found.dropna(subset=["value"]).reset_index(drop=True)

    @finding
    def leading(self) -> tuple[Company, ...]:
        """Companies of the edition that are simulated and have an open target."""
        aimed = set(self.aims.loc[self.aims["kind"] == "guidance", "entity_id"])
        return tuple(company for company in self.filers if company.id in aimed)

    @finding
    def lacks(self) -> tuple[str, ...]:
        """A company to lead the chapter, where there is none, and what each of the edition's is without."""
        if self.leading:
            return ()
        simulated, aimed = set(self.filers), set(self.aims.loc[self.aims["kind"] == "guidance", "entity_id"])
        without = [
            f"{own.name} has {' and '.join(words)}"
            for own in self.companies
            if (words := self._without(own in simulated, own.id in set(self.stated["entity_id"]), own.id in aimed))
        ]
        needed = "a company with an open target, a stated run-rate and accounts of the last twelve months"
        return (f"{needed} ({'; '.join(without)})",)

    @staticmethod
    def _without(simulated: bool, stated: bool, aimed: bool) -> list[str]:
        """Name what keeps a company from leading the chapter."""
        known = {"no open target": aimed, "no stated run-rate": stated, "no such accounts": simulated or not stated}
        return [words for words, there in known.items() if not there]

    @property
    def lead(self) -> Company:
        """The company whose target the chapter follows: the first of :attr:`leading`."""
        return self.served().leading[0]

    @finding
    def left_out(self) -> tuple[Company, ...]:
        """Companies of the edition without a run-rate stated or accounts of the last twelve months: not simulated."""
        return tuple(company for company in self.companies if company not in self.filers)

    @finding
    def aim(self) -> pd.Series:
        """The target for its run-rate that the management of :attr:`lead` named last."""
        return growth.newest_target(self.aims, self.lead.id)

    @finding
    def until(self) -> pd.Timestamp:
        """The last day on which an open target is due."""
        return self.aims["due"].max()

    # The growth it takes

    @finding
    def required(self) -> pd.DataFrame:
        """Growth a month that each open target asks for, from the run-rate last stated for its scope."""
        found = growth.requirements(self.aims, self.stated)
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def asked(self) -> pd.Series:
        """The row of :attr:`required` of the newest target of :attr:`lead`."""
        return self.required.set_index("statement_id").loc[self.aim["statement_id"]]

    @finding
    def seen(self) -> pd.DataFrame:
        """Growth a month between two consecutive stated run-rates; ``last`` marks a vendor's last step."""
        found = growth.observed_growth(self.stated)
        last = ~found.duplicated(["entity_id", "measure"], keep="last")
        return found.assign(last=last, company=found["entity_id"].map(self.names))

    @finding
    def relayed_target(self) -> pd.Series | None:
        """The target that the article relays of :attr:`lead`, from the run-rate stated with it; none without one.

        ``start``, ``start_on``, ``value``, ``due``, ``months`` and ``growth`` (ratio a month).
        """
        own = self.expectations.query("entity_id == @first and metric == 'run_rate'", local_dict=self._first)
        if own.empty:
            return None
        target = own.iloc[-1]
        same = self.stated[(self.stated["entity_id"] == target["entity_id"])]
        same = same[(same["measure"] == target["measure"]) & (same["on"] <= target["said_on"])]
        start = same.sort_values("on").iloc[-1]
        months = (target["due"] - start["on"]).days / scenarios.DAYS_A_MONTH
        asked = growth.required_growth(start["value"], target["value"], months)
        said = {"start": start["value"], "start_on": start["on"], "months": months, "growth": asked}
        return pd.Series(said | target[["value", "due"]].to_dict())

    # The tokens it takes

    @finding
    def volumes(self) -> pd.DataFrame:
        """Tokens a day as known, by entity, in order of time."""
        return self.cat.operating.query("metric == 'daily_tokens' and segment == 'total'").sort_values("period_end")

    @finding
    def market(self) -> str:
        """The market of the country of :attr:`lead`, an entity; empty where none has a row."""
        rows = self.cat.entities.query("kind == 'market' and country == @lead", local_dict={"lead": self.lead.country})
        return next(iter(rows["entity_id"]), "")

    @finding
    def average_prices(self) -> pd.DataFrame:
        """What a million of all tokens processed earned the token line of :attr:`lead`, dollars, by period."""
        line = self.of(Revenue).dollars.query("entity_id == @first and measure == 'api' and months <= 6", **self._dict)
        return tokens.average_prices(line, self.volumes.query("entity_id == @first", **self._dict))

    @finding
    def needs(self) -> pd.DataFrame:
        """Tokens a day that earn the newest target, by price of a million (``basis``), in dollars."""
        paid = self.cat.operating
        paid = paid[(paid["entity_id"] == self.market) & (paid["metric"] == "revenue_per_million_tokens")]
        listed = tokens.list_prices(self.cat.operating, self.lead.id)
        priced_in = {*listed["currency"], *paid["currency"]} - {"USD"}
        dollars = {one: self.cat.rate(one, "USD", self.edition.focal).value for one in priced_in} | {"USD": 1.0}
        return tokens.token_needs(tokens.price_bases(listed, self.average_prices, paid, dollars), self.aim["value"])

    @finding
    def levels(self) -> pd.DataFrame:
        """The last volume known of :attr:`lead` and of its market, with a ``label``."""
        own = self.volumes[self.volumes["entity_id"].isin([self.lead.id, self.market])]
        last = own.drop_duplicates("entity_id", keep="last")
        return last.assign(label=last["entity_id"].map(self.names) + last["period_end"].dt.strftime(", %b %Y"))

    # Simulations

    @finding
    def starts(self) -> dict[str, Start]:
        """From where the companies and each vendor with a forecast are simulated, of whom there is a statement."""
        flows = self.of(Revenue)
        research = flows.rd_dollars.query("measure == 'total'")
        found = {}
        for entity in dict.fromkeys([*self.register.query("measure != ''")["entity_id"], *self._ids(self.companies)]):
            if entity in set(self.stated["entity_id"]):
                try:
                    found[entity] = scenarios.starting_point(
                        entity, self.stated, flows.dollars, flows.gross_profit_dollars, research
                    )
                except MissingInput:
                    continue
        return found

    @finding
    def priors(self) -> dict[str, pd.DataFrame]:
        """Priors in use, by entity."""
        table = self.cat.table("scenarios")
        return {entity: scenarios.priors(table, self.as_of, entity) for entity in self.starts}

    @property
    def paths(self) -> Mapping[str, Paths]:
        """Simulated run-rates, by entity; drawn again in each process rather than kept."""
        starts, priors = self.starts, self.priors
        until = pd.Timestamp(self.as_of.year + YEARS_AHEAD, 12, 31)
        for entity, start in starts.items():
            if entity not in self._paths:
                self._paths[entity] = scenarios.simulate(start, priors[entity], until)
        return self._paths

    @finding
    def vendors(self) -> tuple[Company, ...]:
        """Vendors that the chapter draws: the edition's companies, then others with an open target; all simulated."""
        own = [company.id for company in self.companies]
        others = sorted(set(self.aims["entity_id"]) & set(self.stated["entity_id"]) - set(own))
        return companies(self.cat.entities, [entity for entity in [*own, *others] if entity in self.starts])

    @finding
    def filers(self) -> tuple[Company, ...]:
        """Companies of the edition with accounts to add a year up from."""
        return tuple(own for own in self.companies if own.id in self.starts and self.starts[own.id].last_months)

    @finding
    def per_dollar(self) -> pd.Series:
        """How many of each forecast's own units make a dollar, at the last rate known when it was said; else one."""
        money = self.register[self.register["base_unit"].isin(self.cat.fx["quote"])]
        one = self._dollars(money.assign(on=money["said_on"], value=1.0)).set_index("statement_id")["value"]
        return (1 / one).reindex(self.register["statement_id"]).fillna(1.0)

    def draws(self, forecast: Mapping[str, Any]) -> np.ndarray | None:
        """Return what a forecast speaks about in its own unit, one value a draw; None where it is not modelled."""
        own = self.paths.get(forecast["entity_id"])
        found = scenarios.quantity(own, forecast) if own is not None else None
        return None if found is None else found * self.per_dollar.get(forecast["statement_id"], 1.0)

    def chance(self, forecast: Mapping[str, Any], *, at_least: bool = False) -> float:
        """Return the share of draws in the band of a forecast, or at its value or above; NaN if not modelled."""
        values = self.draws(forecast)
        if values is None:
            return NAN
        high = np.inf if at_least else forecast["band_high"]
        low = forecast["value"] if at_least else forecast["band_low"]
        return float(np.mean((values >= low) & (values <= high)))

    @finding
    def chances(self) -> pd.DataFrame:
        """Probability that each open forecast is reached or exceeded, in dollars, with its range over single priors."""
        known = self.register.query("not passed").dropna(subset=["value"])
        known = known.assign(value=known["value"] / self.per_dollar.reindex(known["statement_id"]).to_numpy())
        found = scenarios.probabilities(known, self.paths, self.priors)
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def chance_of_aim(self) -> pd.Series:
        """The row of :attr:`chances` of the newest target of :attr:`lead`."""
        return self.chances.set_index("statement_id").loc[self.aim["statement_id"]]

    @finding
    def scope(self) -> dict[str, str]:
        """Scope in which each vendor's run-rate is drawn: of its newest target, else of its last statement."""
        targets = self.aims.sort_values("said_on").set_index("entity_id")["measure"].to_dict()
        return {entity: self.starts[entity].measure for entity in self.starts} | targets

    @finding
    def fans(self) -> pd.DataFrame:
        """Simulated run-rates to :attr:`until`, of :attr:`vendors`: ``on``, ``low``, ``median``, ``high``."""
        parts = []
        for vendor in self.vendors:
            own = self.paths[vendor.id]
            drawn = own.days <= self.until
            fan = scenarios.fan(own.of(self.scope[vendor.id])[:, drawn], own.days[drawn])
            parts.append(fan.assign(entity_id=vendor.id, company=vendor.name))
        return pd.concat(parts, ignore_index=True)

    @finding
    def marks(self) -> pd.DataFrame:
        """Run-rates stated of :attr:`vendors` within a year; ``shown`` where the scope is that of the fan."""
        recent = self.stated["on"] >= self.as_of - pd.DateOffset(years=1)
        own = self.stated[self.stated["entity_id"].isin(self._ids(self.vendors)) & recent]
        shown = own["measure"] == own["entity_id"].map(self.scope)
        return own.assign(shown=shown, company=own["entity_id"].map(self.names))

    @finding
    def targets(self) -> pd.DataFrame:
        """Open targets in the scope of each fan."""
        return self.aims[self.aims["measure"] == self.aims["entity_id"].map(self.scope)].assign(
            on=lambda rows: rows["due"]
        )

    @finding
    def volume_and_price(self) -> pd.DataFrame:
        """By what tokens and price multiply to :attr:`until` behind the fan of :attr:`lead`: low, median, high."""
        own = self.paths[self.lead.id]
        end = own.days.get_loc(self.until)
        both = dict(zip(("volume", "price"), scenarios.tokens_and_price(own), strict=True))
        quantiles = {name: np.quantile(v[:, end], [scenarios.LOW, 0.5, scenarios.HIGH]) for name, v in both.items()}
        return pd.DataFrame(quantiles, index=["low", "median", "high"]).T

    @finding
    def tornado(self) -> pd.DataFrame:
        """How far each prior moves the newest target's probability, the widest first."""
        first, aim = self.lead.id, self.aim
        return scenarios.tornado(self.starts[first], self.priors[first], aim["due"], aim["measure"], aim["value"])

    # The year

    @finding
    def years(self) -> dict[str, dict[str, np.ndarray]]:
        """Simulated revenue of the calendar year, of the token line (``api``) and of the ``other`` lines, by filer."""
        return {own.id: scenarios.calendar_year(self.paths[own.id]) for own in self.filers}

    @finding
    def year_shares(self) -> dict[str, np.ndarray]:
        """Simulated token share of the calendar year's revenue, by filer."""
        return {entity: sums["api"] / (sums["api"] + sums["other"]) for entity, sums in self.years.items()}

    @finding
    def years_simulated(self) -> tuple[str, ...]:
        """Labels of the calendar years whose revenue is added up: one where all filers have filed as far."""
        return tuple(sorted({f"FY{self.starts[own.id].year}" for own in self.filers}))

    @finding
    def year_share_medians(self) -> pd.Series:
        """Median of :attr:`year_shares`, by company."""
        return pd.Series({self.names[entity]: float(np.median(v)) for entity, v in self.year_shares.items()})

    @finding
    def share_expected(self) -> pd.DataFrame:
        """Token shares of the year that were forecast of the filers and are not due yet."""
        found = self.register.query("metric == 'revenue_share' and not passed")
        found = found[found["entity_id"].isin(self._ids(self.filers))]
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def share_filed(self) -> pd.DataFrame:
        """Token shares filed of the first part of the year that is simulated, by filer."""
        token = self.of(Revenue).token
        whole = {own.id: self.starts[own.id].year for own in self.filers}
        year_of = token["entity_id"].map(whole)
        inside = (token["period_end"].dt.year == year_of) & (token["period_start"].dt.month == 1)
        return token[inside & ~token["derived"]]

    @finding
    def half(self) -> pd.Series | None:
        """The share of a year's revenue, not over, that :attr:`lead`'s management expects of its token line."""
        asked = "entity_id == @first and metric == 'revenue_share' and not passed"
        own = self.expectations.query(asked, local_dict=self._first)
        return None if own.empty else own.iloc[-1]

    @finding
    def half_paths(self) -> pd.DataFrame:
        """The calendar year of :attr:`lead` on four paths, and what the expected share asks of the other lines."""
        first, half = self.lead.id, self.half
        columns = ["path", "growth", "realisation", "api", "other_before", "total", "other", "other_growth", "share"]
        if half is None:
            return pd.DataFrame(columns=columns)
        start, held = self.starts[first], self.priors[first]
        middle = scenarios.ends(held, "realisation")[1]
        left = (self.aim["due"] - start.on).days / scenarios.DAYS_A_MONTH
        to_target = growth.required_growth(start.value, self.aim["value"], left)
        rows = []
        for path, pace in (("flat", 0.0), ("to the target", to_target)):
            for realised in (1.0, middle):
                api, before = scenarios.steady_year(start, held, pace, realised)
                total, other = year.implied_total(api, half["value"])
                rows.append((path, pace, realised, api, before, total, other, other / before - 1, api / (api + before)))
        return pd.DataFrame(rows, columns=columns)

    @finding
    def filed_shares(self) -> pd.Series:
        """Token share of revenue as filed, by entity and period."""
        return self.of(Revenue).token.set_index(["entity_id", "period"])["share"]

    @finding
    def share_tests(self) -> pd.DataFrame:
        """What the token share that the article expects of another company than :attr:`lead` asks, one row each.

        ``expected``, ``passed``, ``period``, ``filed`` (share, last period), ``filed_then`` (of the forecast's own
        period), ``total`` (simulated median of the year), ``growth`` (asked of the line), ``rest`` (share that the
        months not filed must have), and ``low``, ``median``, ``high`` of the simulation.
        """
        relayed = self.expectations.query("metric == 'revenue_share' and entity_id != @first", local_dict=self._first)
        rows = [self._share_test(row) for row in relayed.to_dict("records") if row["entity_id"] in self.years]
        return pd.DataFrame(rows)

    def _share_test(self, row: Mapping[str, Any]) -> dict[str, Any]:
        entity = row["entity_id"]
        start, sums, simulated = self.starts[entity], self.years[entity], self.year_shares[entity]
        total, sold = float(np.median(sums["api"] + sums["other"])), self.of(Revenue).dollars
        before = f"FY{start.year - 1}"
        last_year = revenue.at(sold, "value", entity_id=entity, measure="total", period=before)
        shares = self.filed_shares[entity]
        low, median, high = np.quantile(simulated, [scenarios.LOW, 0.5, scenarios.HIGH])
        return {
            "company": self.names[entity], "said_by": row["said_by"], "expected": row["value"], "passed": row["passed"],
            "period": row["period"], "filed": shares[self.focal], "filed_then": shares.get(row["period"], NAN),
            "total": total, "low": low, "median": median, "high": high,
            "growth": year.growth_for_share(row["value"], shares[before], total / last_year - 1),
            "rest": year.share_needed(row["value"], total, start.known["api"], sum(start.known.values())),
            "place": year.place(row["value"], low, high),
        }  # fmt: skip

    @finding
    def realised(self) -> pd.DataFrame:
        """What run-rates stated for the focal period promised, in dollars, and what was ``filed``, by company.

        Of each company the token line's, else the total, whichever statements surround; with ``measure``, ``ratio``
        (and ``ratio_of_day``, were each run-rate the pace of its day) and ``whose``, which names company and scope. No
        row where none do.
        """
        span, sold = self.edition.focal, self.of(Revenue).dollars
        rows = []
        for company in self.companies:
            own = self.stated[self.stated["entity_id"] == company.id]
            for measure in MEASURES:
                ends = pd.Timestamp(span.start), pd.Timestamp(span.end)
                of_scope = own[own["measure"] == measure]
                promised = growth.stated_months(of_scope, *ends)
                filed = revenue.at(sold, "value", entity_id=company.id, measure=measure, period=span.label)
                if promised == promised and filed == filed:
                    whose = f"{company.name}, {REVENUE_OF[measure]}"
                    of_day = filed / growth.stated_months(of_scope, *ends, of_day=True)
                    rows.append((company.id, company.name, whose, measure, promised, filed, filed / promised, of_day))
                    break
        columns = ["entity_id", "company", "whose", "measure", "promised", "filed", "ratio", "ratio_of_day"]
        return pd.DataFrame(rows, columns=columns)

    # Break-even

    @finding
    def states(self) -> pd.DataFrame:
        """The last twelve months filed of each company, growth on the year before, and the stated run-rate, dollars."""
        focal, before = self.focal, self.edition.focal.year_before.label
        flows = self.of(Revenue)
        pair = {"growth": flows.dollars, "rd_growth": flows.rd_dollars}
        rows = []
        for entity in self._ids(self.filers):
            start, held = self.starts[entity], self.priors[entity]
            changes = {
                name: revenue.at(frame, "value", entity_id=entity, measure="total", period=focal)
                / revenue.at(frame, "value", entity_id=entity, measure="total", period=before)
                - 1
                for name, frame in pair.items()
            }
            _, middle, high = scenarios.ends(held, "gross_margin")
            run_rate = start.value + (start.other if start.measure == "api" else 0)
            kept = {"entity_id": entity, "company": self.names[entity], "revenue": start.revenue, "rd": start.rd}
            kept |= {"margin": start.margin, "run_rate": run_rate, "margin_middle": middle, "margin_high": high}
            rows.append(kept | changes | {"multiple": start.rd / start.margin / start.revenue})
        return pd.DataFrame(rows)

    @finding
    def break_even_curves(self) -> pd.DataFrame:
        """Revenue that covers R&D over the gross margin, R&D as filed and grown on for one and two years."""
        found = break_even.break_even_curves(self.states, (0, 1, 2))
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def break_even_ways(self) -> pd.DataFrame:
        """How far break-even is on each path of the margin and of R&D."""
        found = break_even.break_even_table(self.states)
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def cover_ahead(self) -> pd.DataFrame:
        """Gross profit over R&D as simulated: ``on``, ``low``, ``median``, ``high`` and ``chance`` (of one or more)."""
        parts = []
        for entity in self._ids(self.filers):
            values, days = scenarios.cover(self.paths[entity]), self.paths[entity].days
            hits = [scenarios.chance(values[:, place] >= 1)[:2] for place in range(len(days))]
            fan = scenarios.fan(values, days).assign(entity_id=entity, company=self.names[entity])
            parts.append(fan.assign(chance=[share for share, _ in hits], error=[error for _, error in hits]))
        return pd.concat(parts, ignore_index=True)

    @finding
    def cover_filed(self) -> pd.DataFrame:
        """Gross profit over R&D as filed, drawn in the middle of its period: full years, then what is filed since.

        ``on``, ``cover`` and ``period``.
        """
        flows = self.of(Revenue)
        profit = flows.gross_profit_dollars.query("measure == 'total'")
        research = flows.rd_dollars.query("measure == 'total'")
        both = profit.merge(research, on=["entity_id", "period", "period_start", "period_end"], suffixes=("", "_rd"))
        both = both[both["entity_id"].isin(self._ids(self.filers)) & (both["value"] > 0)]
        years = both[both["months"] == 12]
        last = years.groupby("entity_id")["period_end"].max()
        since = both[both["period_start"] > both["entity_id"].map(last)]
        both = pd.concat([years, revenue.finest(since) if len(since) else since])
        middle = both["period_start"] + (both["period_end"] - both["period_start"]) / 2
        ratio = both["value"] / both["value_rd"]
        return both.assign(cover=ratio, on=middle, company=both["entity_id"].map(self.names)).sort_values("on")

    # Forecasts scored

    @finding
    def outcomes(self) -> pd.DataFrame:
        """The register with what is known of each outcome, its status by the scores, and the probability given here."""
        found = register.with_outcomes(self.register, self.figures, self.stated)
        probability = self.chances.set_index("statement_id")["probability"]
        return found.assign(
            status=found["statement_id"].map(self.scores["status"]),
            probability=found["statement_id"].map(probability),
        )

    @finding
    def scores(self) -> pd.DataFrame:
        """Forecasts scored (:func:`~tokenecon.analysis.outlook.scores.score`), by statement."""
        return scores.score(self, self.before).set_index("statement_id", drop=False)

    @finding
    def scored(self) -> pd.DataFrame:
        """Forecasts known to the edition before, or to this one if there is none before, and what came of them."""
        found = self.scores.reset_index(drop=True)
        return found if self.before is None else found[~found["new"]]

    @finding
    def ranges(self) -> pd.DataFrame:
        """Forecasts of both editions' simulations, with the ranges that these gave."""
        modelled = self.scored[self.scored["now"].notna()].reset_index(drop=True)
        return scores.ranges(modelled, self, self.before)

    @finding
    def entered(self) -> pd.Timestamp:
        """The day on which the last of the priors in use was entered into the tables."""
        return max(held["added_on"].max() for held in self.priors.values())

    @property
    def called(self) -> str:
        """What the first edition's simulation is: a hindcast, if its priors were entered after its day."""
        first = self.earlier[0] if self.earlier else self
        return "hindcast" if first.entered > first.as_of else "forecast"

    @property
    def earlier(self) -> tuple[Outlook, ...]:
        """The same findings of all editions before, the first edition's first."""
        return (*self.before.earlier, self.before) if self.before else ()

    @finding
    def resolved(self) -> pd.DataFrame:
        """Earlier simulations on each run-rate stated and token share filed since.

        As :func:`~tokenecon.analysis.outlook.hindsight.resolved`, with ``company``.
        """
        parts = [
            hindsight.resolved(then.edition.id, then, self.stated, self._filed_since(then)) for then in self.earlier
        ]
        kept = [part for part in parts if len(part)]
        found = pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=hindsight.COLUMNS)
        return found.assign(company=found["entity_id"].map(self.names))

    def _filed_since(self, then: Outlook) -> pd.DataFrame:
        """Token shares filed of the first part of a year, with what was known of them a year and a period before."""
        token, sold = self.of(Revenue).token, self.of(Revenue).dollars
        parts = token[(token["months"] < 12) & ~token["derived"] & (token["period_start"].dt.month == 1)]
        rows = []
        for row in parts.to_dict("records"):
            start = row["period_start"] - pd.DateOffset(years=1)
            place = {"entity_id": row["entity_id"], "period_start": start}
            spans = sold[sold["months"] == row["months"]]
            api, total = (revenue.at(spans, "value", measure=measure, **place) for measure in MEASURES)
            before = then.of(Revenue).token.query("entity_id == @entity", local_dict={"entity": row["entity_id"]})
            last = before.sort_values(["period_end", "months"], ascending=[True, False])["share"]
            if total == total and api == api and len(last):
                rows.append(row | {"value": row["share"], "other_before": total - api, "value_before": last.iloc[-1]})
        return pd.DataFrame(rows, columns=[*token.columns, "other_before", "value_before"])

    @finding
    def first_fans(self) -> pd.DataFrame:
        """The first edition's simulated run-rates, of vendors drawn here and in the scope drawn here, to today."""
        parts = []
        for vendor in self.vendors if self.earlier else ():
            own = self.earlier[0].paths.get(vendor.id)
            if own is not None and own.start.on < self.starts[vendor.id].on:
                fan = scenarios.fan(own.of(self.scope[vendor.id]), own.days)
                parts.append(fan[fan["on"] <= self.until].assign(entity_id=vendor.id, company=vendor.name))
        return pd.concat(parts, ignore_index=True) if parts else self.fans.iloc[:0]

    # Money

    @finding
    def raised(self) -> pd.DataFrame:
        """What companies raised, each transaction once, in dollars at the last rate known, with ``company``."""
        own = self.cat.operating[self.cat.operating["metric"] == "capital_raised"]
        own = own[own["entity_id"].isin([company.id for company in self.companies])]
        dollars = self._dollars(funds.transactions(own).assign(on=lambda rows: rows["period_end"]))
        return dollars.assign(company=dollars["entity_id"].map(self.names))

    @finding
    def cash(self) -> pd.DataFrame:
        """How long the cash lasts: at the last balance sheet, net of bank loans, and with what was raised since.

        Dollars: ``cash``, ``loans``, ``raised``, ``monthly`` (adjusted loss), and the months ``months_filed``,
        ``months_net`` and ``months_after``; ``on`` is the day of the balance, ``convertible`` whether a bond is among
        what was raised. What ``months_after`` counts lasts ``months_operating`` at the cash used in operations of the
        same period, and ``months_used`` at the pace at which a later transaction was used (:attr:`spent`); NaN unsaid.
        """
        left = self.of(Routes).runway.query("measure == 'adjusted'").dropna(subset=["cash"])
        paid = self.of(Routes).runway.query("measure == 'operating'").set_index(["entity_id", "period"])["monthly"]
        used = self.spent.set_index("entity_id")["monthly"]
        rows = []
        last = left.sort_values(["period_end", "period_start"]).drop_duplicates("entity_id", keep="last")
        last = last.set_index("entity_id", drop=False)
        for row in last.reindex(self._ids(self.companies)).dropna(subset=["company"]).to_dict("records"):
            day, unit = row["period_end"], row["base_unit"]
            rate = self._closing(unit, day)
            since = self.raised[(self.raised["entity_id"] == row["entity_id"]) & (self.raised["period_end"] > day)]
            monthly, cash, debt = row["monthly"] * rate, row["cash"] * rate, self._owed(row["entity_id"], day)
            new = since["value"].sum()
            operating = paid.get((row["entity_id"], row["period"]), NAN) * rate
            rows.append({
                "entity_id": row["entity_id"], "company": row["company"], "on": day, "cash": cash, "loans": debt,
                "raised": new, "monthly": monthly, "months_filed": cash / monthly,
                "months_net": (cash - debt) / monthly, "months_after": (cash - debt + new) / monthly,
                "months_operating": (cash - debt + new) / operating,
                "months_used": (cash - debt + new) / (used.get(row["entity_id"], NAN) if new else NAN),
                "convertible": bool(since["item"].str.contains("bond").any()),
            })  # fmt: skip
        return pd.DataFrame(rows, columns=[
            "entity_id", "company", "on", "cash", "loans", "raised", "monthly", "months_filed", "months_net",
            "months_after", "months_operating", "months_used", "convertible",
        ])  # fmt: skip

    def _owed(self, entity: str, day: pd.Timestamp) -> float:
        """Return the bank loans of a company in dollars: the last known by a balance sheet, none where never filed."""
        filed = self.cat.financials.query("metric == 'bank_loans' and entity_id == @entity and period_end <= @day")
        if filed.empty:
            return 0.0
        last = filed.sort_values("period_end").iloc[-1]
        return float(last["value"]) * self._closing(last["base_unit"], day)

    def _closing(self, unit: str, day: pd.Timestamp) -> float:
        """Return how many dollars one of a currency was on a day, at the closing rate."""
        return 1.0 if unit == "USD" else self.cat.rate(unit, "USD", day.date(), kind="closing").value

    @finding
    def spent(self) -> pd.DataFrame:
        """How fast the companies used what they raised since their last balance sheet.

        ``part`` of a transaction used within ``days``, and dollars used a month (``monthly``), by company the last.
        """
        used = self.cat.operating[self.cat.operating["metric"] == "proceeds_used"].rename(columns={"item": "name"})
        used = self._dollars(used.assign(on=used["period_end"]))
        both = used.merge(self.raised, on=["entity_id", "name"], suffixes=("", "_raised"))
        days = (both["on"] - both["on_raised"]).dt.days
        both = both.assign(part=both["value"] / both["value_raised"], days=days)
        both = both.assign(monthly=both["value"] / days * scenarios.DAYS_A_MONTH).sort_values("on")
        return both.drop_duplicates("entity_id", keep="last")

    @finding
    def commitments(self) -> pd.DataFrame:
        """Prepayments for computing at the end of each period filed, of the companies, in the edition's currency."""
        rows = self.cat.financials[self.cat.financials["metric"] == "prepayments_compute"]
        rows = rows[rows["entity_id"].isin([company.id for company in self.companies])]
        rows = self.cat.in_currency(rows, self.edition.base_currency, "closing")
        return rows.assign(company=rows["entity_id"].map(self.names)).sort_values("period_end")

    @finding
    def catalysts(self) -> pd.DataFrame:
        """Days within a year that decide something: ``day``, ``kind`` and ``whom``, in order of time.

        Results of listed companies are due within three months of a year and two of a half-year, as the exchange's
        listing rules say.
        """
        places = self.cat.entities.set_index("entity_id")["listing"]
        listed = [company.name for company in self.companies if places[company.id]]
        rows = []
        for kind, month in (("annual results", 3), ("interim results", 8)) if listed else ():
            day = pd.Timestamp(self.as_of.year, month, 31)
            due = day if day > self.as_of else day + pd.DateOffset(years=1)
            rows.append((due, kind, listed))
        for due, aims in self.aims.groupby("due"):
            rows.append((due, "run-rate targets", list(dict.fromkeys(aims["entity_id"].map(self.names)))))
        found = pd.DataFrame(rows, columns=["day", "kind", "whom"]).sort_values("day", ignore_index=True)
        return found.assign(whom=found["whom"].map(", ".join))

    @finding
    def unit_economics(self) -> pd.DataFrame:
        """A bridge for a million of all tokens processed by :attr:`lead`, dollars, low and high volume known.

        ``price`` earned, ``cost`` of revenue and ``gross_profit`` of the token line, and ``rd``, the company's R&D over
        the token line's revenue times the price; of the last period with volumes and a margin. Free tokens are inside.
        """
        if self.average_prices.empty:
            return pd.DataFrame(columns=["period", "end", "price", "cost", "gross_profit", "rd"])
        last, flows = self.average_prices.iloc[-1], self.of(Revenue)
        place = {"entity_id": self.lead.id, "period": last["period"]}
        sold = revenue.at(flows.dollars, "value", measure="api", **place)
        profit = revenue.at(flows.gross_profit_dollars, "value", measure="api", **place)
        research = revenue.at(flows.rd_dollars, "value", measure="total", **place)
        ends = pd.Series({"most tokens": last["low"], "fewest tokens": last["high"]})
        parts = {"price": 1.0, "cost": 1 - profit / sold, "gross_profit": profit / sold, "rd": research / sold}
        table = pd.DataFrame({name: ends * part for name, part in parts.items()}).rename_axis("end").reset_index()
        return table.assign(period=last["period"])

    # Value and peers

    @finding
    def values(self) -> pd.DataFrame:
        """Value of the edition's listed companies by day, in dollars, with ``company``."""
        found = self._dollars(peers.capitalisation(self.cat.share_prices))
        found = found[found["entity_id"].isin([company.id for company in self.companies])]
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def value_over_run_rate(self) -> pd.DataFrame:
        """Value over the run-rate last stated by that day, by company and day (``multiple``)."""
        return peers.over_run_rate(self.values, self.stated)

    @finding
    def latest_multiples(self) -> pd.Series:
        """The newest :attr:`value_over_run_rate`, by company."""
        newest = self.value_over_run_rate.groupby("company", sort=False)["multiple"].last()
        return newest.reindex([company.name for company in self.companies]).dropna()

    @finding
    def dilution(self) -> pd.Series:
        """By how much shares in issue grew from the day of listing to the last count known, by company."""
        shares = self.cat.share_prices.query("metric == 'shares_in_issue'").sort_values("period_end")
        ends = shares.groupby("entity_id")["value"].agg(["first", "last"])
        ends = ends.reindex([company.id for company in self.companies]).dropna()
        return (ends["last"] / ends["first"] - 1).rename(index=self.names)

    @finding
    def peers(self) -> tuple[Company, ...]:
        """The edition's companies, and the vendors that it compares them with."""
        ids = dict.fromkeys([*(company.id for company in self.companies), *self.edition.peers])
        known = set(self.cat.entities["entity_id"])
        return companies(self.cat.entities, [one for one in ids if one in known])

    @finding
    def peer_cells(self) -> pd.DataFrame:
        """What is known of each peer, one row a figure: ``item``, ``value``, ``what`` it is, ``on``, ``tier``, source.

        Amounts are dollars. ``run_rate``, ``growth`` (a month, of the last step), ``margin``, ``loss`` (of the period
        in ``what``), ``cash``, ``value``, ``revenue`` (of twelve months), and ``times_run_rate`` and ``times_revenue``:
        the value over the run-rate of its own day and over that revenue, with the weaker tier of their two and the
        older day.
        """
        own = self.cat.financials[self.cat.financials["entity_id"].isin([peer.id for peer in self.peers])]
        said = self._peer_run_rates()
        rates = peers.widest_run_rates(said)
        margin, loss, cash = (peers.newest(own, metrics) for metrics in (peers.MARGINS, peers.LOSSES, peers.CASH))
        loss = self.cat.in_currency(loss.assign(what=loss["what"] + ", " + loss["period"]), "USD", "average")
        labels = self.cat.metrics.set_index("metric_id")["label"]
        spans = margin["period"].where(~margin["period"].str.contains("/"), margin["on"].dt.strftime("to %b %Y"))
        margin = margin.assign(what=margin["what"].map(labels).str.lower() + ", " + spans)
        parts = {
            "run_rate": rates.assign(what=rates["scope"]), "margin": margin,
            "growth": self._last_steps(rates), "loss": loss, "cash": self._dollars(cash),
            "value": self._peer_values(), "revenue": self._peer_revenue(own),
        }  # fmt: skip
        found = pd.concat([rows[peers.CELL].assign(item=item) for item, rows in parts.items()], ignore_index=True)
        order = list(self.cat.statements["tier"].cat.categories)
        value, sold = (found[found["item"] == item] for item in ("value", "revenue"))
        ratios = {
            "run_rate": peers.of_the_day(value, said, rates),
            "revenue": value.merge(sold, on="entity_id", suffixes=("", "_of")),
        }
        found = pd.concat([found, *(_multiple(both, item, order) for item, both in ratios.items())], ignore_index=True)
        known = found[found["entity_id"].isin([peer.id for peer in self.peers])].dropna(subset=["value"])
        return known.assign(company=known["entity_id"].map(self.names), tier=known["tier"].astype(str))

    def peer(self, item: str) -> pd.Series:
        """Return one item of :attr:`peer_cells` by entity."""
        return self.peer_cells.query("item == @item").set_index("entity_id")["value"]

    @finding
    def talked_of(self) -> pd.Series:
        """Valuations of peers that were talked of since the one in :attr:`peer_cells`, in dollars, by name."""
        rounds = self.cat.private_rounds.query("stage == 'talks'")
        newest = self._dollars(peers.private_value(rounds[rounds["metric"] != "share_price"])).set_index("entity_id")
        since = self.peer_cells.query("item == 'value'").set_index("entity_id")["on"].reindex(newest.index)
        return newest.loc[newest["on"] >= since, "value"].rename(index=self.names)

    @finding
    def silent(self) -> tuple[str, ...]:
        """Peers of which no figure is known."""
        return tuple(peer.name for peer in self.peers if peer.id not in set(self.peer_cells["entity_id"]))

    def _peer_run_rates(self) -> pd.DataFrame:
        said = self.cat.statements.query("metric == 'run_rate' and kind == 'run_rate' and period_start == period_end")
        middle = said["value"].fillna((said["value_low"] + said["value_high"]) / 2)
        said = self._dollars(said.assign(value=middle, on=said["period_end"]).dropna(subset=["value"]))
        routes = self.cat.segments.set_index(["entity_id", "segment"])["route"]
        keys = pd.MultiIndex.from_frame(said[["entity_id", "segment"]])
        route = routes.reindex(keys).to_numpy()
        scope_of = said["segment"].where(said["segment"].isin(["total", "maas"]), np.where(route == "api", "api", ""))
        return said.assign(scope_of=scope_of, on=said["period_end"], longer=said["definition"].eq("monthly_x12"))

    def _last_steps(self, rates: pd.DataFrame) -> pd.DataFrame:
        """Growth a month of the last step between two statements in the scope of each peer's run-rate."""
        said = self._peer_run_rates().assign(measure=lambda rows: rows["scope_of"])
        steps = growth.observed_growth(said[said["measure"] != ""]).sort_values("to")
        steps = steps.drop_duplicates(["entity_id", "measure"], keep="last")
        both = rates.merge(steps, left_on=["entity_id", "scope_of"], right_on=["entity_id", "measure"])
        since = both["from"].dt.strftime("%b %Y")
        return both.assign(value=both["growth"], on=both["to"], what="a month since " + since)

    def _peer_values(self) -> pd.DataFrame:
        listed = self._dollars(peers.capitalisation(self.cat.share_prices)).drop_duplicates("entity_id", keep="last")
        private = peers.private_value(self.cat.private_rounds)
        private = self._dollars(private[~private["entity_id"].isin(listed["entity_id"])])
        return pd.concat([listed.assign(what="listed")[peers.CELL], private[peers.CELL]])

    def _peer_revenue(self, own: pd.DataFrame) -> pd.DataFrame:
        sold = own[(own["metric"] == "revenue") & (own["segment"] == "total")]
        whole = revenue.with_remainders(self.cat.in_currency(sold, "USD", "average"))
        return peers.trailing_revenue(whole)

    def _dollars(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Convert amounts that hold on a day (``on``), at the last rate of the dollar known for it or before it."""
        rates = self.cat.fx[(self.cat.fx["base"] == "USD") & self.cat.fx["kind"].ne("annual_average")]
        rates = rates.rename(columns={"date": "on", "quote": "base_unit", "rate": "per_dollar"}).sort_values("on")
        found = frame.reset_index(drop=True).rename_axis("place").reset_index().sort_values("on")
        found = peers.last_known(found, rates[["on", "base_unit", "per_dollar"]], on="on", by="base_unit")
        rate = found["per_dollar"].where(found["base_unit"] != "USD", 1.0)
        found = found.assign(value=found["value"] / rate, base_unit="USD").sort_values("place")
        return found.drop(columns=["place", "per_dollar"]).reset_index(drop=True)

    # Consensus

    @finding
    def against_consensus(self) -> pd.DataFrame:
        """Amounts that analysts expected of a past period and that were filed since: ``value``, ``actual``."""
        rows = self.outcomes[self.outcomes["kind"].isin(["consensus", "forecast"]) & self.outcomes["passed"]]
        rows = rows[rows["actual"].notna() & rows["metric"].ne("run_rate")]
        return rows.assign(company=rows["entity_id"].map(self.names), ratio=rows["actual"] / rows["value"])

    @finding
    def expected_revenue(self) -> pd.DataFrame:
        """Revenue of calendar years that brokers and their means expect of the companies, the newest said first."""
        rows = self.register.query("metric == 'revenue' and segment == 'total' and kind in ['consensus', 'forecast']")
        rows = rows[rows["entity_id"].isin([company.id for company in self.companies]) & rows["value"].notna()]
        rows = rows[rows["period"].str.startswith("FY")]
        dollars = self._dollars(rows.assign(on=rows["said_on"]))["value"].to_numpy()
        found = rows.assign(dollars=dollars, company=rows["entity_id"].map(self.names), year=rows["period_end"].dt.year)
        return found.sort_values(["entity_id", "year", "said_on"], ascending=[False, True, False], ignore_index=True)

    @finding
    def consensus_ahead(self) -> pd.DataFrame:
        """The newest consensus for the year that the focal period begins, in dollars, and what it leaves to the rest.

        By company: ``dollars``, and ``rest``, what is not filed yet over what is; none where the year is filed whole.
        """
        sold = self.of(Revenue).sales.query("segment == 'total' and period == @self.focal and months < 12")
        sold = sold.assign(year=sold["period_end"].dt.year)[["entity_id", "year", "base_unit", "value"]]
        said = self.expected_revenue.query("kind == 'consensus'").drop_duplicates(["entity_id", "year"])
        both = said.merge(sold, on=["entity_id", "year", "base_unit"], suffixes=("", "_filed"))
        return both.assign(rest=both["value"] / both["value_filed"] - 1).set_index("company")

    @finding
    def target_prices(self) -> pd.DataFrame:
        """Target prices beside the last price by the day they were named, by company and bank.

        ``priced_on`` is the day of that price, a close or a capitalisation over the shares in issue; ``upside`` is NaN
        where it is more than :data:`STALE_DAYS` old.
        """
        aimed = self.register[self.register["metric"] == "target_price"].rename(columns={"value": "aimed"})
        closes = peers.prices(self.cat.share_prices).rename(columns={"on": "said_on"})
        closes = closes.assign(priced_on=closes["said_on"])[["entity_id", "said_on", "price", "priced_on"]]
        both = peers.last_known(aimed.sort_values("said_on"), closes, on="said_on", by="entity_id")
        both = both.dropna(subset=["price"])
        fresh = (both["said_on"] - both["priced_on"]).dt.days <= STALE_DAYS
        upside = (both["aimed"] / both["price"] - 1).where(fresh)
        return both.assign(company=both["entity_id"].map(self.names), upside=upside)

    @staticmethod
    def _ids(vendors: Iterable[Company]) -> list[str]:
        return [vendor.id for vendor in vendors]

    @property
    def _first(self) -> dict[str, str]:
        return {"first": self.lead.id}

    @property
    def _dict(self) -> dict[str, dict[str, str]]:
        return {"local_dict": self._first}


def _multiple(both: pd.DataFrame, item: str, order: list[str]) -> pd.DataFrame:
    """Return what each value is of the figure beside it (``_of``), with their weaker tier and older day."""
    pairs = zip(both["tier"].astype(str), both["tier_of"].astype(str), strict=True)
    weaker = [max(pair, key=order.index) for pair in pairs]
    return both.assign(
        item=f"times_{item}", value=both["value"] / both["value_of"], what=both["what_of"], tier=weaker,
        on=both[["on", "on_of"]].min(axis=1), source_id=both["source_id"] + "; " + both["source_id_of"],
    )[[*peers.CELL, "item"]]  # fmt: skip
