"""What chapter 5 finds: what targets ask for, what is simulated, how far break-even is, and every forecast kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tokenecon.analysis import revenue
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.judge import NAN
from tokenecon.analysis.outlook import break_even, growth, register, scenarios, scores, tokens, year
from tokenecon.analysis.outlook.scenarios import MissingInput, Paths, Start
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.catalog import Company
from tokenecon.catalog.companies import companies

MEASURES = ("api", "total")
"""Scopes of a run-rate, the token business first."""
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

    @finding
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
    def aim(self) -> pd.Series:
        """The target for its run-rate that the first company's management named last."""
        return growth.newest_target(self.aims, self.companies[0].id)

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
        """The row of :attr:`required` of the first company's newest target."""
        return self.required.set_index("statement_id").loc[self.aim["statement_id"]]

    @finding
    def seen(self) -> pd.DataFrame:
        """Growth a month between two consecutive stated run-rates; ``last`` marks a vendor's last step."""
        found = growth.observed_growth(self.stated)
        last = ~found.duplicated(["entity_id", "measure"], keep="last")
        return found.assign(last=last, company=found["entity_id"].map(self.names))

    @finding
    def relayed_target(self) -> pd.Series:
        """The target that the article relays of the first company, from the run-rate stated with it.

        ``start``, ``start_on``, ``value``, ``due``, ``months`` and ``growth`` (ratio a month).
        """
        own = self.expectations.query("entity_id == @first and metric == 'run_rate'", local_dict=self._first)
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
        """The market of the first company's country, an entity."""
        rows = self.cat.entities
        return rows.loc[(rows["kind"] == "market") & (rows["country"] == self.companies[0].country), "entity_id"].iloc[
            0
        ]

    @finding
    def average_prices(self) -> pd.DataFrame:
        """What a million of all tokens processed earned the first company's token line, dollars, by period."""
        line = self.of(Revenue).dollars.query("entity_id == @first and measure == 'api' and months <= 6", **self._dict)
        return tokens.average_prices(line, self.volumes.query("entity_id == @first", **self._dict))

    @finding
    def needs(self) -> pd.DataFrame:
        """Tokens a day that earn the newest target, by price of a million (``basis``), in dollars."""
        paid = self.cat.operating
        paid = paid[(paid["entity_id"] == self.market) & (paid["metric"] == "revenue_per_million_tokens")]
        dollars = {"CNY": self.cat.rate("CNY", "USD", self.edition.focal).value, "USD": 1.0}
        listed = tokens.list_prices(self.cat.operating, self.companies[0].id)
        return tokens.token_needs(tokens.price_bases(listed, self.average_prices, paid, dollars), self.aim["value"])

    @finding
    def levels(self) -> pd.DataFrame:
        """The last volume known of the first company and of its market, with a ``label``."""
        own = self.volumes[self.volumes["entity_id"].isin([self.companies[0].id, self.market])]
        last = own.drop_duplicates("entity_id", keep="last")
        return last.assign(label=last["entity_id"].map(self.names) + last["period_end"].dt.strftime(", %b %Y"))

    # Simulations

    @finding
    def starts(self) -> dict[str, Start]:
        """From where each vendor with a forecast is simulated; those without a statement or accounts are left out."""
        flows = self.of(Revenue)
        research = flows.rd_dollars.query("measure == 'total'")
        found = {}
        for entity in dict.fromkeys(self.register.query("measure != ''")["entity_id"]):
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

    def draws(self, forecast: Mapping[str, Any]) -> np.ndarray | None:
        """Return what a forecast speaks about, one value a draw; None where it is not modelled."""
        own = self.paths.get(forecast["entity_id"])
        return scenarios.quantity(own, forecast) if own is not None else None

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
        """Probability that each open forecast is reached or exceeded, with its range over single priors."""
        known = self.register.query("not passed").dropna(subset=["value"])
        found = scenarios.probabilities(known, self.paths, self.priors)
        return found.assign(company=found["entity_id"].map(self.names))

    @finding
    def chance_of_aim(self) -> pd.Series:
        """The row of :attr:`chances` of the first company's newest target."""
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
        """By what tokens and price multiply to :attr:`until` behind the first company's fan: low, median, high."""
        own = self.paths[self.companies[0].id]
        end = own.days.get_loc(self.until)
        both = dict(zip(("volume", "price"), scenarios.tokens_and_price(own), strict=True))
        quantiles = {name: np.quantile(v[:, end], [scenarios.LOW, 0.5, scenarios.HIGH]) for name, v in both.items()}
        return pd.DataFrame(quantiles, index=["low", "median", "high"]).T

    @finding
    def tornado(self) -> pd.DataFrame:
        """How far each prior moves the newest target's probability, the widest first."""
        first, aim = self.companies[0].id, self.aim
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
    def half(self) -> pd.Series:
        """The share of revenue that the first company's management expects of the token line, as the article says."""
        own = self.expectations.query("entity_id == @first and metric == 'revenue_share'", local_dict=self._first)
        return own.iloc[-1]

    @finding
    def half_paths(self) -> pd.DataFrame:
        """The first company's calendar year on four paths, and what the expected share asks of the other lines."""
        first, half = self.companies[0].id, self.half
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
        columns = ["path", "growth", "realisation", "api", "other_before", "total", "other", "other_growth", "share"]
        return pd.DataFrame(rows, columns=columns)

    @finding
    def filed_shares(self) -> pd.Series:
        """Token share of revenue as filed, by entity and period."""
        return self.of(Revenue).token.set_index(["entity_id", "period"])["share"]

    @finding
    def share_tests(self) -> pd.DataFrame:
        """What the token share that the article expects of another company than the first asks, one row each.

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
        before = f"FY{start.on.year - 1}"
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

        Of each company the token line's, else the total, whichever statements surround; with ``measure`` and
        ``ratio``. No row where none do.
        """
        span, sold = self.edition.focal, self.of(Revenue).dollars
        rows = []
        for company in self.companies:
            own = self.stated[self.stated["entity_id"] == company.id]
            for measure in MEASURES:
                ends = pd.Timestamp(span.start), pd.Timestamp(span.end)
                promised = growth.stated_months(own[own["measure"] == measure], *ends)
                filed = revenue.at(sold, "value", entity_id=company.id, measure=measure, period=span.label)
                if promised == promised and filed == filed:
                    rows.append((company.id, company.name, measure, promised, filed, filed / promised))
                    break
        return pd.DataFrame(rows, columns=["entity_id", "company", "measure", "promised", "filed", "ratio"])

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
        """Gross profit over R&D of full years as filed, drawn in the middle of each: ``on``, ``cover``."""
        flows = self.of(Revenue)
        profit = flows.gross_profit_dollars.query("measure == 'total'")
        research = flows.rd_dollars.query("measure == 'total'")
        both = profit.merge(research, on=["entity_id", "period", "period_end"], suffixes=("", "_rd"))
        both = both[
            both["entity_id"].isin(self._ids(self.filers)) & both["period"].str.startswith("FY") & (both["value"] > 0)
        ]
        middle = both["period_end"] - pd.DateOffset(months=6)
        ratio = both["value"] / both["value_rd"]
        return both.assign(cover=ratio, on=middle, company=both["entity_id"].map(self.names)).sort_values("on")

    # Forecasts scored

    @finding
    def outcomes(self) -> pd.DataFrame:
        """The register with what is known of each outcome, and the probability given here."""
        found = register.with_outcomes(self.register, self.figures, self.stated)
        probability = self.chances.set_index("statement_id")["probability"]
        return found.assign(probability=found["statement_id"].map(probability))

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

    @staticmethod
    def _ids(vendors: Iterable[Company]) -> list[str]:
        return [vendor.id for vendor in vendors]

    @property
    def _first(self) -> dict[str, str]:
        return {"first": self.companies[0].id}

    @property
    def _dict(self) -> dict[str, dict[str, str]]:
        return {"local_dict": self._first}
