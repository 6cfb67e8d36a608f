"""What chapter 2 finds: what revenue costs, what price and volume add up to, what breadth brings, what lists show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tokenecon.analysis import judge
from tokenecon.analysis.finding import Findings, finding
from tokenecon.analysis.market import prices
from tokenecon.analysis.revenue import ONE_DAY, SPAN, finest, with_remainders
from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.analysis.revenue.flows import with_middle
from tokenecon.analysis.routes import breadth, ladder, price_volume, spending
from tokenecon.catalog import Company, Period

STUDIES: Mapping[str, str] = {
    "NBER_34608": "Demirer and others",
    "BORRI_2606": "Borri and others",
    "OR_BESTHUB": "OpenRouter study",
}
"""Source of an elasticity to the name of its study, the main one first."""

TESTED = (
    *("rd_expense", "rd_growth", "rd_ratio", "adjusted_net_loss", "loss_per_revenue"),
    *("revenue_per_head", "revenue"),
)
"""Metrics of the article's figures that this chapter computes again."""

WANTED: Mapping[str, str] = {
    "adjusted_net_loss": "Adjusted loss",
    "net_loss": "Loss under IFRS",
    "rd_expense": "R&D",
    "rd_compute": "Computing fees in R&D",
    "rd_external": "R&D other than staff and depreciation",
    "cost_compute": "Computing fees in cost of revenue",
    "selling_expense": "Selling expense",
    "operating_cash_flow": "Operating cash flow",
    "payables_compute": "Payables for computing, at the end",
    "headcount": "Employees, at the end",
}
"""Figures that a comparison would need, by metric."""


class Routes(Findings):
    """The two routes of the companies that an edition sets side by side."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Labels of the periods that the edition shows, the focal one last."""
        return self.of(Revenue).shown

    @finding
    def article_year(self) -> str:
        """Label of the last full year before the article."""
        return f"FY{self.article_day.year - 1}"

    @finding
    def article_day(self) -> pd.Timestamp:
        """The day of the article."""
        return self.cat.articles["published_on"].iloc[0]

    # What revenue costs

    @finding
    def figures(self) -> pd.DataFrame:
        """Accounts of the companies, R&D other than staff and depreciation worked out where it is not filed."""
        own = self.cat.in_one_currency(self._own(self.cat.financials))
        return spending.with_external_rd(own)

    @finding
    def amounts(self) -> pd.DataFrame:
        """Flows behind the ratios, with the periods that filings imply."""
        metrics = {metric for pair in spending.RATIOS.values() for metric in pair} | {"operating_cash_flow"}
        return spending.flows(self.figures, sorted(metrics))

    @finding
    def ratios(self) -> pd.DataFrame:
        """Ratios of each company's amounts (:func:`~tokenecon.analysis.routes.spending.ratios`), with ``company``."""
        return self._named(spending.ratios(self.amounts[self.amounts["segment"] == "total"]))

    def ratio(self, ratio: str, period: str) -> pd.Series:
        """Return one of :attr:`ratios` in a period by the name of each company; NaN where it is not disclosed."""
        found = self.ratios.query("ratio == @ratio and period == @period").set_index("company")["value"]
        return found.reindex([company.name for company in self.companies])

    @finding
    def growth(self) -> pd.DataFrame:
        """Growth of R&D beside growth of revenue, with ``company``."""
        return self._named(spending.growth_pairs(self.amounts, "rd_expense", "revenue"))

    @finding
    def heads(self) -> pd.DataFrame:
        """Full-time employees by day."""
        return self.cat.operating.query("metric == 'headcount' and segment == 'full_time_staff'")

    @finding
    def per_head(self) -> pd.DataFrame:
        """Revenue per employee, in the edition's currency at the average rate of the period, with ``company``."""
        sales = self.of(Revenue).sales
        sold = sales[(sales["segment"] == "total") & (sales["period_end"] >= self.heads["period_end"].min())]
        staff = spending.per_head(self.cat.in_currency(sold, self._base, "average"), self.heads)
        return self._named(staff[staff["heads_end"].notna()])

    @finding
    def cash(self) -> pd.DataFrame:
        """Cash at the end of a period: the company's own wider balance where it has one, else cash and equivalents."""
        wide = self.figures[self.figures["metric"] == "cash_balance"]
        narrow = self.figures[self.figures["metric"] == "cash"]
        return pd.concat([wide, narrow[~narrow["entity_id"].isin(wide["entity_id"])]])

    @finding
    def runway(self) -> pd.DataFrame:
        """Months that the cash at the end of a period lasts, on cash used (``operating``) and the ``adjusted`` loss."""
        named = {"operating_cash_flow": "operating", "adjusted_net_loss": "adjusted"}
        used = self.amounts[self.amounts["metric"].isin(named) & (self.amounts["segment"] == "total")]
        lost = used["value"].where(used["metric"] == "adjusted_net_loss", -used["value"])
        used = used.assign(measure=used["metric"].map(named), value=lost)
        return self._named(spending.runway(used, self.cash))

    @finding
    def gaps(self) -> pd.DataFrame:
        """What cannot be compared: the periods for which each company does not disclose a figure."""
        stocks = pd.concat([self.figures.query("metric == 'payables_compute'"), self.heads])
        at_end = [
            stocks[stocks["period_end"] == pd.Timestamp(Period.parse(label).end)].assign(period=label)
            for label in self.shown
        ]
        whole = self.amounts[self.amounts["segment"] == "total"]
        ids = [company.id for company in self.companies]
        return spending.disclosure(pd.concat([whole, *at_end]), WANTED, self.shown, ids)

    # Price and volume

    @finding
    def stated(self) -> pd.DataFrame:
        """What was said of price and of volume, in each way the words can be read."""
        return price_volume.readings(self.cat.statements)

    @finding
    def speaker(self) -> Company | None:
        """The company that said it; none where nothing is known."""
        said = set(self.stated["entity_id"])
        return next((company for company in self.companies if company.id in said), None)

    @finding
    def api(self) -> pd.DataFrame:
        """API revenue of the company that speaks of price and volume."""
        lines = self.of(Revenue).lines
        return lines[(lines["entity_id"] == self._speaker) & (lines["route"] == "api")]

    @finding
    def split(self) -> pd.DataFrame:
        """Stated price and volume beside what revenue did."""
        run_rates = self.of(Revenue).run_rates
        rates = run_rates[run_rates["entity_id"] == self._speaker]
        found = [
            price_volume.revenue_moves((row.period_start, row.period_end), self.api, rates).assign(
                entity_id=row.entity_id, period=row.period
            )
            for row in self.stated[["entity_id", "period", *SPAN]].drop_duplicates().itertuples()
        ]
        return price_volume.reconcile(self.stated, pd.concat(found)) if found else self.stated

    @finding
    def widest(self) -> pd.Series:
        """The reading of :attr:`split` whose stated product is largest for the latest span, against run-rates."""
        latest = self.split[self.split["period_end"] == self.split["period_end"].max()]
        return latest.query("basis == 'run-rate'").sort_values("product").iloc[-1]

    @finding
    def first_quarter(self) -> pd.DataFrame:
        """The earliest span of :attr:`split`, against run-rates, by reading."""
        earliest = self.split[self.split["period_end"] == self.split["period_end"].min()]
        return earliest.query("basis == 'run-rate'").set_index("reading")

    @finding
    def even_growth(self) -> pd.Series | None:
        """What even growth within the last span that a filing covers allows; none where no filing does.

        ``sold`` and ``prior`` (revenue of the span and of the one before), ``start`` (revenue a month from which the
        stated product would be reached), ``most`` (the multiple that the filing allows), and of the stated words
        ``price``, ``volume``, ``product``, ``multiple``, ``earlier``, ``later``, ``period``.
        """
        filed = self.split[self.split["basis"] == "recognised"].tail(1)
        if filed.empty:
            return None
        row = filed.iloc[0]
        sales = self.api.set_index("period")["value"]
        sold, prior = sales[row["later"]], sales[row["earlier"]]
        months = len(Period.parse(row["later"]).months)
        found = row[["period", "price", "volume", "product", "multiple", "earlier", "later"]].to_dict()
        start = price_volume.starting_pace(sold, months, row["product"])
        most = price_volume.implied_multiple(sold, months, prior / months)
        return pd.Series(found | {"sold": sold, "prior": prior / months, "start": start, "most": most})

    @finding
    def unit_cost(self) -> pd.Series | None:
        """The stated cost of a token against the accounts; none where either is not known.

        ``fall`` (stated), ``before``, ``after`` (API margins filed), ``implied`` (margin that price and cost would
        give), and the cost's multiple ``stated``, ``filed`` from span to span, and ``most`` with even growth.
        """
        said = self.cat.statements.query("metric == 'unit_cost_change'")
        said = said[said["entity_id"] == self._speaker]
        even = self.even_growth
        if said.empty or even is None:
            return None
        profit = self.figures.query("metric == 'gross_profit'")
        profit = profit[profit["segment"].isin(self.api["segment"]) & (profit["entity_id"] == self._speaker)]
        margin = with_remainders(profit).set_index("period")["value"] / self.api.set_index("period")["value"]
        before, after = margin[even["earlier"]], margin[even["later"]]
        unit, wider = 1 + said["value"].iloc[-1], (1 - after) / (1 - before)
        sales = self.api.set_index("period")["value"]
        implied = price_volume.margin_after(before, even["price"], unit)
        filed = sales[even["later"]] / sales[even["earlier"]] * wider
        return pd.Series({
            "fall": -said["value"].iloc[-1], "before": before, "after": after, "implied": implied,
            "stated": even["volume"] * unit, "filed": filed, "most": even["most"] * wider,
        })  # fmt: skip

    @finding
    def elasticities(self) -> pd.DataFrame:
        """Published estimates of the price elasticity of token demand, with the ``study`` and a ``label``."""
        found = price_volume.elasticities(self.cat.operating)
        study = found["source_id"].map(STUDIES)
        effects = found["item"].map({"date-and-model-effects": ", fewer controls"}).fillna("")
        counts = found["n"].map(lambda n: "" if n != n else f"\nn = {n:,.0f}")
        return found.assign(study=study, label=study + effects + counts)

    @finding
    def shifts(self) -> pd.DataFrame:
        """By what multiple demand moved of itself, for each reading and elasticity."""
        return price_volume.shift_curves(self.stated)

    # Breadth

    @finding
    def products(self) -> pd.DataFrame:
        """Revenue by product of the companies that split a business line, what is not split under its line."""
        whole = self.of(Revenue).segments
        parts = self.cat.segments.query("axis == 'product' and route == 'product'")
        parts = parts[parts["parent"].isin(whole["segment"])]
        revenue = self.of(Revenue).sales
        found = []
        for company in self.companies:
            own = revenue[revenue["entity_id"] == company.id]
            split = parts[(parts["entity_id"] == company.id) & parts["segment"].isin(own["segment"])]
            if split.empty:
                continue
            rest = set(whole[whole["entity_id"] == company.id]["segment"]) - set(split["parent"])
            named = dict(zip(split["segment"], split["parent"], strict=True)) | {line: line for line in rest}
            found.append(breadth.by_product(own, named).assign(entity_id=company.id))
        labels = self.cat.segments.set_index(["entity_id", "segment"])["label"]
        both = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["entity_id", "product"])
        keys = zip(both["entity_id"], both["product"].str.removeprefix("rest of "), strict=True)
        rest = both["product"].str.startswith("rest of ")
        names = [labels[key] for key in keys]
        return self._named(both.assign(name=np.where(rest, [f"{name}, not split" for name in names], names)))

    @finding
    def broad(self) -> Company | None:
        """The company whose filings split its applications by product."""
        split = set(self.products["entity_id"])
        return next((company for company in self.companies if company.id in split), None)

    @finding
    def spread(self) -> pd.Series:
        """Over how many products of equal size revenue spreads, by period that splits all products."""
        counts = (
            self.products[~self.products["product"].str.startswith("rest of ")].groupby("period")["product"].nunique()
        )
        full = self.products[self.products["period"].map(counts) == counts.max()]
        return full.sort_values("period_end").groupby("period", sort=False)["value"].agg(breadth.effective_lines)

    @finding
    def customers(self) -> pd.DataFrame:
        """Paying customers times revenue from each, against the API line as filed (``filed``)."""
        rows = self._own(self.cat.operating).query("metric in ['paying_customers', 'arppu']")
        wide = rows.pivot_table("value", ["entity_id", "period_end", "period"], "metric")
        wide = wide.reindex(columns=["paying_customers", "arppu"]).reset_index()
        lines = self.of(Revenue).lines.query("route == 'api'")[["entity_id", "period", "value"]]
        found = wide.merge(lines.rename(columns={"value": "filed"}), on=["entity_id", "period"], how="left")
        return found.assign(product=found["paying_customers"] * found["arppu"])

    @finding
    def ranks(self) -> pd.DataFrame:
        """Rank of every vendor in every modality (:func:`~tokenecon.analysis.routes.breadth.standings`)."""
        return breadth.standings(self.cat.modalities)

    @finding
    def standings(self) -> pd.DataFrame:
        """:attr:`ranks` of the edition's companies, with ``company`` and the modality's ``name``, text first."""
        own = self._named(self._own(self.ranks))
        return own.assign(name=own["modality"].str.replace("_", " ")).sort_values(["vendors", "name"], ascending=False)

    @finding
    def wide_vendors(self) -> pd.Series:
        """In how many kinds of output each vendor of text models is ranked."""
        return breadth.kinds_by_vendor(self.ranks)

    # List prices

    @finding
    def listed(self) -> pd.DataFrame:
        """Makers' own list prices, odd rows left out, spans of models that no list shows any more ended."""
        return self.cat.list_prices().frame

    @finding
    def lines(self) -> pd.DataFrame:
        """List price of each company's newest main model over time, by market, with ``company``."""
        gone = ladder.last_listed(self.listed)
        found = [
            ladder.front_line(prices.ladder(self.listed, company.id), company.model_line, self.edition.as_of, gone)
            for company in self.companies
            if company.model_line and company.id in set(self.listed["entity_id"])
        ]
        return self._named(pd.concat(found, ignore_index=True))

    @finding
    def days(self) -> tuple[pd.Timestamp, ...]:
        """Month ends since the first company's line is on both lists, and the edition's day.

        Only those on which models of other vendors are on sale on both lists too.
        """
        own = self.lines[self.lines["entity_id"] == self.companies[0].id]
        since = own.groupby("market")["period_start"].min().max()
        gone = ladder.last_listed(self._not_own(self.listed)).fillna(self.as_of + ONE_DAY)
        until = gone.groupby("market").max().min() - ONE_DAY
        days = dict.fromkeys([*pd.date_range(since, self.as_of, freq="ME"), self.as_of])
        return tuple(day for day in days if day <= until)

    @finding
    def others(self) -> pd.DataFrame:
        """Middle of other vendors' list prices by day and market."""
        return ladder.market_level(self._not_own(self.listed), self.days)

    @finding
    def climbs(self) -> pd.Series:
        """Change of the price of the newest main model since the first of its line, by entity and market (ratio)."""
        ends = self.lines.sort_values("period_start").groupby(["entity_id", "market"])["blended"]
        return ends.last() / ends.first() - 1

    @finding
    def same_models(self) -> pd.DataFrame:
        """How prices of models listed at both ends of :attr:`days` changed, by ``whose`` and market."""
        ends = self.days[0], self.days[-1]
        first = self.listed[self.listed["entity_id"] == self.companies[0].id]
        parts = {"others": self._not_own(self.listed), "own": first}
        return pd.concat(
            [ladder.same_model_changes(rows, *ends).assign(whose=whose) for whose, rows in parts.items()]
        ).set_index(["whose", "market"])

    @finding
    def quarter_steps(self) -> pd.Series:
        """Change of the newest model's price over the span of the first stated price, by market."""
        row = self.stated.query("reading == 'added to'").iloc[0]
        steps = ladder.line_changes(self.lines, row["period_start"] - ONE_DAY, row["period_end"])
        return steps[self._speaker]

    # The article's figures

    @finding
    def quotes(self) -> pd.DataFrame:
        """The article's figures on whole companies."""
        own = self._own(self.of(Revenue).quotes).query("segment == 'total'")
        return own[own["claim_id"].isin(self.cat.claims_of()["claim_id"])]

    @finding
    def figures_in_base(self) -> pd.DataFrame:
        """Every claimed figure in the edition's currency judged against accounts at the average rate of the period."""
        flows = self.cat.metrics.query("dimension == 'money' and nature == 'flow'")["metric_id"]
        quoted = self.of(Revenue).quotes.query("base_unit == @self._base")
        filed = self.of(Revenue).figures
        filed = filed[filed["metric"].isin(flows) & filed["period"].isin(quoted["period"])]
        staff = self.per_head.assign(
            metric="revenue_per_head", base_unit=self._base, value=self.per_head["per_head_end"]
        )
        accounts = pd.concat([self.cat.in_currency(filed, self._base, "average"), staff])
        return judge.evaluate(quoted, self.cat.metrics, accounts).set_index("claim_id")

    @finding
    def judged(self) -> pd.DataFrame:
        """The article's figures on the two routes, computed again and judged, with ``company``."""
        tested = self.quotes[self.quotes["metric"].isin(TESTED)]
        foreign = set(self._foreign["entity_id"])
        brought_over = tested["metric"].eq("revenue_per_head") | (
            tested["entity_id"].isin(foreign) & tested["base_unit"].eq(self._base)
        )
        own = self.of(Revenue).figures_judged.loc[tested.loc[~brought_over, "claim_id"]]
        brought = self.figures_in_base.loc[tested.loc[brought_over, "claim_id"]]
        return self._named(pd.concat([own, brought]).reset_index()).sort_values(
            ["entity_id", "metric"], ascending=[False, True]
        )

    @finding
    def implied_rates(self) -> pd.DataFrame:
        """Exchange rates that the article's amounts of companies with accounts in another currency imply, by metric."""
        quoted = self.quotes[self.quotes["base_unit"] == self._base]
        return spending.implied_rates(quoted, self._foreign).set_index("metric")

    @finding
    def market_rates(self) -> pd.Series:
        """What the other accounts' currency was worth in the article's year, and at the end of the month before it."""
        foreign = next(iter(self._foreign["currency"]), "USD")
        month_before = (self.article_day - pd.offsets.MonthEnd()).date()
        return pd.Series({
            "average of the year": self.cat.rate(foreign, self._base, self.article_year).value,
            "closing, year": self.cat.rate(foreign, self._base, self.article_year, kind="closing").value,
            "closing, month before the article": self.cat.rate(foreign, self._base, month_before, kind="closing").value,
        })  # fmt: skip

    @finding
    def at_rates(self) -> pd.DataFrame:
        """Revenue and revenue per head of a company with other accounts at each rate.

        ``basis`` (of the ``rate``), ``sales``, ``a_head``, and ``over_first``, the multiple of the first company's.
        """
        quoted = self.implied_rates
        if quoted.empty:
            return pd.DataFrame(columns=["basis", "rate", "sales", "a_head", "over_first"])
        named = {"revenue": "implied by the article's revenue", "rd_expense": "implied by the article's R&D"}
        rates = (
            pd.concat([quoted["rate"].rename(named), self.market_rates]).rename_axis("basis").reset_index(name="rate")
        )
        own = self.per_head[self.per_head["period"] == self.article_year].set_index("entity_id")
        other, first = own.loc[quoted["entity_id"].iloc[0]], own.loc[self.companies[0].id]
        sales = rates["rate"] * self._foreign.query("metric == 'revenue'").set_index("entity_id")["value"][other.name]
        a_head = sales / other["heads_end"]
        return rates.assign(sales=sales, a_head=a_head, over_first=a_head / first["per_head_end"])

    @property
    def _foreign(self) -> pd.DataFrame:
        """Money of whole companies in the article's year, as filed in another currency than the edition's."""
        filed = self._own(self.of(Revenue).figures).query("segment == 'total' and period == @self.article_year")
        return filed[~filed["currency"].isin(["", self._base])]

    @property
    def _base(self) -> str:
        return self.edition.base_currency

    @property
    def _speaker(self) -> str:
        return self.speaker.id if self.speaker else ""

    def drawn(self, labels: Mapping[str, str]) -> pd.DataFrame:
        """Return ratios as a chart draws them: the shortest periods shown, with ``middle``, ``panel`` and ``span``."""
        rows = self.ratios[self.ratios["period"].isin(self.shown) & self.ratios["ratio"].isin(labels)]
        rows = rows.reset_index(drop=True)
        parts = pd.concat([finest(own) for _, own in rows.groupby("ratio", sort=False)])
        both = pd.concat([parts.assign(span="within"), rows[rows["months"] == 12].assign(span="year")])
        return with_middle(both.assign(panel=both["ratio"].map(labels)))

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["entity_id"].isin([company.id for company in self.companies])]

    def _not_own(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame[~frame["entity_id"].isin([company.id for company in self.companies])]

    def _named(self, frame: pd.DataFrame) -> pd.DataFrame:
        names = {company.id: company.name for company in self.companies}
        return frame.assign(company=frame["entity_id"].map(names))
