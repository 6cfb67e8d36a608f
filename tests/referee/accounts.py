"""Chapters 1 and 2: shares, growth, margins, run-rates, what revenue costs, what was said of price and volume."""

import re

import numpy as np
import pandas as pd
from referee import lists

SPANS = {"FY": ("01-01", "12-31"), "H1": ("01-01", "06-30"), "H2": ("07-01", "12-31"), "9M": ("01-01", "09-30"),
         "Q4": ("10-01", "12-31")}  # fmt: skip
WHOLES = {"H2": ("FY", "H1"), "Q4": ("FY", "9M")}


def days(label):
    """Return first and last day of a period's label."""
    part, year = re.fullmatch(r"(FY|H1|H2|9M|Q4) ?(\d{4})", label).groups()
    return tuple(pd.Timestamp(f"{year}-{end}") for end in SPANS[part])


def before(label):
    """Return the label of the same period a year earlier."""
    return label[:-4] + str(int(label[-4:]) - 1)


class Books:
    """Filed amounts by company, metric, segment and period; a period not filed follows from those that hold it."""

    def __init__(self, edition):
        self.edition, self.filed = edition, edition.facts("financials")
        self.segments = edition.rows("segments")
        place = self.filed.set_index(["entity_id", "metric", "segment", "period_start", "period_end"])["value"]
        self.place = place.groupby(level=list(range(5))).first().to_dict()

    def amount(self, company, metric, period, segment="total"):
        """Return an amount; a second half is the year less the first, a last quarter the year less nine months."""
        key = (company, metric, segment, *days(period))
        if key in self.place:
            return float(self.place[key])
        if period[:2] not in WHOLES:
            return float("nan")
        whole, part = (f"{name}{'' if name == 'FY' else ' '}{period[-4:]}" for name in WHOLES[period[:2]])
        return self.amount(company, metric, whole, segment) - self.amount(company, metric, part, segment)

    def amounts_on(self, company, metric, day):
        """Return the sum of a balance over its segments on a day; nothing filed is nothing owed."""
        own = self.filed.query("entity_id == @company and metric == @metric and period_end == @day")
        return own["value"].sum()

    def cash(self, company, period):
        """Return cash at the end of a period: the company's own wider balance where it names one."""
        end = days(period)[1]
        held = (self.place.get((company, name, "total", end, end)) for name in ("cash_balance", "cash"))
        return next(value for value in held if value is not None)

    def lines(self, company):
        """Return the business lines that make up a company's revenue, with their route."""
        own = self.segments[(self.segments["entity_id"] == company) & (self.segments["axis"] == "business")]
        return own[own["exhaustive"].astype(str).str.lower() == "true"].set_index("segment")["route"]

    def api(self, company):
        """Return the segment that sells tokens."""
        routes = self.lines(company)
        return routes[routes == "api"].index[0]

    def share(self, company, period):
        """Return the token line's part of revenue."""
        return self.amount(company, "revenue", period, self.api(company)) / self.amount(company, "revenue", period)

    def ratio(self, company, one, other, period):
        """Return one amount over another."""
        return self.amount(company, one, period) / self.amount(company, other, period)

    def margin(self, company, period, segment="total"):
        """Return gross profit, filed or revenue less its cost, over revenue."""
        sold = self.amount(company, "revenue", period, segment)
        profit = self.amount(company, "gross_profit", period, segment)
        if profit != profit:
            profit = sold - self.amount(company, "cost_of_revenue", period, segment)
        return profit / sold


def average_rate(edition, first, last):
    """Return yuan for a dollar: the mean of the months of a period, the annual average of a whole year."""
    known = edition.rows("fx")
    known = known[(known["base"] == "USD") & (known["quote"] == "CNY")]
    year = known[(known["kind"] == "annual_average") & (known["date"] == last)]
    if len(year) and (first.month, last.month) == (1, 12):
        return float(year["rate"].iloc[0])
    months = known[(known["kind"] == "monthly_average") & known["date"].between(first, last)]
    return float(months["rate"].mean())


def name(edition, entity):
    """Return the short name under which a company is printed."""
    about = edition.rows("entities").set_index("entity_id")
    return about["short_name"][entity] or about["name"][entity]


def numbers(edition):
    """Return every number of chapters 1 and 2 that the referee holds, by its own name."""
    books, focal, prior = Books(edition), edition.focal, before(edition.focal)
    first = edition.companies[0]
    api = books.api(first)
    rest = [line for line in books.lines(first).index if line != api]
    judged = turned(edition)
    found = {"judged on the article's year": len(judged), "judged on the article's year, turned": sum(judged.values())}
    for company in edition.companies:
        who = name(edition, company)
        found |= {
            f"share now, {who}": books.share(company, focal),
            f"share then, {who}": books.share(company, prior),
            f"adjusted loss, {who}": books.ratio(company, "adjusted_net_loss", "revenue", focal),
            f"realised, {who}": realised(edition, company),
            f"realised, of the day, {who}": realised(edition, company, 15),
            f"cash with what was raised, {who}": months_left(edition, company)[4],
            f"months net of loans, {who}": months_left(edition, company)[0],
            f"months with what was raised, {who}": months_left(edition, company)[1],
            f"months at cash used, {who}": months_left(edition, company)[2],
            f"months at the placing's pace, {who}": months_left(edition, company)[3],
            f"months of cash, {who}": books.cash(company, focal)
            / books.amount(company, "adjusted_net_loss", focal)
            * 6,
        }
        for year in ("FY2025",):
            found |= {
                f"adjusted loss {year}, {who}": books.ratio(company, "adjusted_net_loss", "revenue", year),
                f"net loss {year}, {who}": books.ratio(company, "net_loss", "revenue", year),
                f"R&D {year}, {who}": books.ratio(company, "rd_expense", "revenue", year),
                f"revenue per R&D {year}, {who}": 1 / books.ratio(company, "rd_expense", "revenue", year),
                f"gross profit per R&D {year}, {who}": books.margin(company, year)
                / books.ratio(company, "rd_expense", "revenue", year),
            }
        grown = [
            books.amount(company, metric, focal) / books.amount(company, metric, prior)
            for metric in ("revenue", "rd_expense")
        ]
        found[f"revenue against R&D, {who}"] = grown[0] / grown[1]

    def sold(period, *lines):
        return sum(books.amount(first, "revenue", period, line) for line in lines or ("total",))

    found |= {
        "added by API": (sold(focal, api) - sold(prior, api)) / sold(prior),
        "added by the rest": (sold(focal, *rest) - sold(prior, *rest)) / sold(prior),
        "growth": sold(focal) / sold(prior) - 1,
        "growth of API": sold(focal, api) / sold(prior, api) - 1,
        "growth of the rest": sold(focal, *rest) / sold(prior, *rest) - 1,
        "change of API": sold(focal, api) - sold(prior, api),
        "growth of API, FY2025": sold("FY2025", api) / sold("FY2024", api) - 1,
        "growth of API, FY2024": sold("FY2024", api) / sold("FY2023", api) - 1,
        "growth of API, H2 2025": sold("H2 2025", api) / sold("H2 2024", api) - 1,
        "step of API, latest": sold(focal, api) / sold("H2 2025", api),
        "step of API, first": sold("H2 2024", api) / sold("H1 2024", api),
        "step of the rest, latest": sold(focal, *rest) / sold("H2 2025", *rest),
        "step of the rest, first": sold("H2 2024", *rest) / sold("H1 2024", *rest),
    }
    part, whole = sold(focal, api) / sold(focal), (sold(focal) + sold(prior)) / 2
    found["mix effect of API"] = whole * (part - sold(prior, api) / sold(prior))
    halves = ["H1 2024", "H2 2024", "H1 2025", "H2 2025", focal]
    margins = {half: books.margin(first, half, api) for half in halves}
    found |= {f"API margin, {half}": margin for half, margin in margins.items()}
    found |= {
        "least API margin": min(margins.values()),
        "margin now": books.margin(first, focal),
        "margin then": books.margin(first, prior),
        "margin of API": books.margin(first, focal, api),
        "margin of the rest": books.margin(first, focal, rest[0]),
    }
    within, mix = margin_change(books, first, focal, prior)
    found |= {
        "margin within API": within[api],
        "margin within the rest": sum(within[line] for line in rest),
        "margin by mix": sum(mix.values()),
    }
    return found | run_rates(edition, books, first, api) | said(edition, first) | ladders(edition, first)


def margin_change(books, company, now, then):
    """Split the change of the gross margin into margins within lines and mix, by Bennet's means of both periods."""
    within, mix = {}, {}
    for line in books.lines(company).index:
        shares = [
            books.amount(company, "revenue", period, line) / books.amount(company, "revenue", period)
            for period in (now, then)
        ]
        margins = [books.margin(company, period, line) for period in (now, then)]
        within[line] = np.mean(shares) * (margins[0] - margins[1])
        mix[line] = np.mean(margins) * (shares[0] - shares[1])
    return within, mix


def run_rates(edition, books, first, api):
    """Set stated run-rates beside the annual pace of what was filed, in dollars."""
    said = edition.facts("statements")
    said = said[(said["metric"] == "run_rate") & (said["kind"] == "run_rate") & (said["currency"] == "USD")]
    own = said[(said["entity_id"] == first) & (said["segment"] == api)]
    last = own[own["period_end"] == own["period_end"].max()]
    by_month = last[last["definition"] == "monthly_x12"]["value"].iloc[0]
    by_week = last[last["definition"] == "weekly_x52"]["value"].iloc[0]
    pace = 2 * books.amount(first, "revenue", edition.focal, api) / average_rate(edition, *days(edition.focal))
    other = edition.companies[1]
    moved = moves(edition, first)
    claimed = said[(said["entity_id"] == other) & (said["period_end"] <= pd.Timestamp("2026-03-31"))]
    rate = claimed.sort_values("period_end")["value"].iloc[-1]
    year = books.amount(other, "revenue", "FY2025")
    return {
        "run-rate over pace": by_month / pace,
        "run-rate by month": by_month,
        "run-rate by week": by_week,
        "the article's run-rate": rate,
        "revenue of the article's year": year,
        "the article's run-rate over pace": rate / (4 * books.amount(other, "revenue", "Q4 2025")),
    } | moved


def moves(edition, company):
    """Return by what multiple the run-rates stated nearest to both ends of a span moved, for the half and a quarter."""
    said = edition.facts("statements")
    said = said[(said["metric"] == "run_rate") & (said["kind"] == "run_rate") & (said["entity_id"] == company)]
    on = said["period_end"]
    rates = [1.0 if row.currency == "USD" else month_rate(edition, row.period_end) for row in said.itertuples()]
    dollars = said["value"] / rates
    spans = {"half": ("2026-01-01", "2026-06-30"), "quarter": ("2026-01-01", "2026-03-31")}
    found = {}
    for name, ends in spans.items():
        start, end = (dollars[(on - pd.Timestamp(day)).abs().idxmin()] for day in ends)
        found[f"run-rates of the {name}"] = end / start
    return found


def realised(edition, company, days_before=0):
    """Return what part of the run-rates stated around a period became revenue: of the token line, else of all.

    Run-rates in dollars, by the month where a day has two, are joined by straight lines in logarithms; each month's end
    gives a twelfth of the rate, or the day that lies so long before. Statements must surround the month ends, half a
    month off at most.
    """
    said = edition.facts("statements")
    said = said[(said["metric"] == "run_rate") & (said["kind"] == "run_rate") & (said["entity_id"] == company)]
    rates = [1.0 if row.currency == "USD" else month_rate(edition, row.period_end) for row in said.itertuples()]
    said = said.assign(dollars=said["value"] / rates, monthly=said["definition"] == "monthly_x12")
    books, (start, end) = Books(edition), days(edition.focal)
    routes = edition.rows("segments").query("entity_id == @company").set_index("segment")["route"]
    of_tokens = said["segment"].eq("api") | said["segment"].map(routes).eq("api")
    for rows, segment in ((said[of_tokens], books.api(company)), (said[said["segment"] == "total"], "total")):
        rows = rows.sort_values(["period_end", "monthly"], kind="stable").drop_duplicates("period_end", keep="last")
        ends, near = pd.date_range(start, end, freq="ME"), pd.Timedelta(days=15)
        if len(rows) < 2 or rows["period_end"].min() > ends[0] + near or rows["period_end"].max() < ends[-1] - near:
            continue
        logs = np.interp(
            (ends - pd.Timedelta(days=days_before)).astype("int64"),
            rows["period_end"].astype("int64"),
            np.log(rows["dollars"]),
        )
        filed = books.amount(company, "revenue", edition.focal, segment)
        currency = books.filed.query("entity_id == @company and metric == 'revenue'")["currency"].iloc[0]
        filed /= 1.0 if currency == "USD" else average_rate(edition, start, end)
        return filed / (np.exp(logs).sum() / 12)
    return float("nan")


def months_left(edition, company):
    """Return months that cash less bank loans lasts at the adjusted loss, and with what was raised since, net, too.

    The latter also at the cash that operations used, and at the pace at which a transaction was used up to a day; NaN
    where that is not told. Last, what all of it comes to in dollars. A transaction counts by its net proceeds where
    they are told, and once where a row adds up two others.
    """
    books, end = Books(edition), days(edition.focal)[1]
    loss = books.amount(company, "adjusted_net_loss", edition.focal) / 6
    left = books.cash(company, edition.focal) - books.amounts_on(company, "bank_loans", end)
    raised = edition.facts("operating").query("entity_id == @company and metric == 'capital_raised'")
    raised = raised[raised["period_end"] > end]
    names = raised["item"].str.replace(r"-(net|gross).*", "", regex=True)
    alone = [
        not {name.replace("and-bond-", ""), name.replace("placing-and-", "")} <= {*names} - {name} for name in names
    ]
    raised, names = raised[alone], names[alone]
    net = (
        raised.assign(name=names, net=raised["item"].str.endswith("-net"))
        .sort_values("net")
        .drop_duplicates("name", keep="last")
    )
    dollars = sum(
        row.value / (1.0 if row.currency == "USD" else month_rate(edition, row.period_end, row.currency))
        for row in net.itertuples()
    )
    currency = books.filed.query("entity_id == @company and metric == 'revenue'")["currency"].iloc[0]
    new = dollars * (1.0 if currency == "USD" else month_rate(edition, end))
    operations = -books.amount(company, "operating_cash_flow", edition.focal) / 6
    pace = float("nan")
    used = edition.facts("operating").query("entity_id == @company and metric == 'proceeds_used'")
    for row in used.itertuples():
        (begun,) = net.loc[net["name"] == row.item, "period_end"]
        paid = row.value / month_rate(edition, row.period_end, row.currency)
        pace = paid / (row.period_end - begun).days * 365.25 / 12
    pace *= 1.0 if currency == "USD" else month_rate(edition, end)
    held = left / (1.0 if currency == "USD" else month_rate(edition, end)) + dollars
    return left / loss, (left + new) / loss, (left + new) / operations, (left + new) / pace, held


def turned(edition):
    """Return claims that are judged on the year of their article, and whether the edition's period says otherwise.

    A line that is the main one, a line that adds most to growth, R&D that grows slower than revenue, and the company
    that leads another by R&D, adjusted loss and revenue per head; of the last, what does not hold for all is no yes.
    """
    books, found = Books(edition), {}
    rules = edition.rows("rules").set_index("computation")["value"]
    for claim in edition.rows("claims").to_dict("records"):
        company, line, year = claim["entity_id"], claim["segment"], f"FY{claim['published_on'].year - 1}"
        if year == edition.focal:
            continue

        def adds_most(period, company=company):
            sold = [books.amount(company, "revenue", label) for label in (period, before(period))]
            own = [books.amount(company, "revenue", label, books.api(company)) for label in (period, before(period))]
            return 2 * (own[0] - own[1]) > sold[0] - sold[1]

        def main(period, company=company, line=line):
            part = books.amount(company, "revenue", period, line) / books.amount(company, "revenue", period)
            return part > float(rules["main_line"])

        def slower(period, company=company):
            metrics = ("revenue", "rd_expense")
            sold, research = (books.amount(company, name, period) / books.amount(company, name, before(period))
                              for name in metrics)  # fmt: skip
            return sold > research

        def leads(period, company=company):
            rival = next(name for name in edition.companies if name != company)
            least = [books.ratio(name, "rd_expense", "revenue", period) for name in (company, rival)]
            loss = [books.ratio(name, "adjusted_net_loss", "revenue", period) for name in (company, rival)]
            heads = [per_head(edition, name, period) for name in (company, rival)]
            holds = {least[0] < least[1], loss[0] < loss[1], heads[0] > heads[1]}
            return holds.pop() if len(holds) == 1 else None

        tests = {"line_adds_most": adds_most, "main_line": main, "rd_slower_than_revenue": slower,
                 "more_efficient": leads}  # fmt: skip
        if claim["computation"] in tests and claim["article_id"] == edition.rows("articles")["article_id"].iloc[0]:
            test = tests[claim["computation"]]
            found[claim["claim_id"]] = test(year) != test(edition.focal)
    return found


def per_head(edition, company, period):
    """Return yuan of revenue for each employee at the end of a period."""
    start, end = days(period)
    staff = edition.facts("operating").query(
        "entity_id == @company and metric == 'headcount' and segment == 'full_time_staff' and period_end == @end"
    )
    books = Books(edition)
    currency = books.filed.query("entity_id == @company and metric == 'revenue'")["currency"].iloc[0]
    rate = average_rate(edition, start, end) if currency == "USD" else 1.0
    return books.amount(company, "revenue", period) * rate / float(staff["value"].iloc[0])


def month_rate(edition, day, quote="CNY"):
    """Return the price of a dollar on a day of which no fixing is known: the average of its month, or the last."""
    known = edition.rows("fx").query("base == 'USD' and quote == @quote and kind == 'monthly_average'")
    month = known[known["date"].dt.to_period("M") == day.to_period("M")]
    return float((month if len(month) else known.sort_values("date").tail(1))["rate"].iloc[0])


def ladders(edition, company):
    """Return how much dearer the newest model of a company's main line is than the first, market by market."""
    main = edition.rows("entities").set_index("entity_id")["model_line"][company]
    prices = lists.own_lists(edition)
    own = prices[(prices["entity_id"] == company) & prices["model_id"].str.fullmatch(main)]
    steps = lists.changes(own)
    steps = steps[steps["begin"] <= edition.as_of].sort_values("begin", kind="stable")
    found = {}
    for market, rows in steps.groupby("market"):
        models = rows["model_id"].drop_duplicates()
        newest = rows[rows["model_id"] == models.iloc[-1]]
        found[f"climb, {market}"] = newest["blend"].iloc[-1] / rows["blend"].iloc[0] - 1
    return found


def said(edition, first):
    """Multiply what was said of price and volume, and set it beside what run-rates did."""
    said = edition.facts("statements").set_index("statement_id")
    price = 1 + said["value"]["zp_asp_h1"]
    volume = said["value"]["zp_maas_volume_h1"]
    quarter = 1 + said["value"]["zp_api_price_q1"]
    calls = said["value"]["zp_calls_q1"]
    cost = said[(said["entity_id"] == first) & (said["metric"] == "unit_cost_change")]["value"]
    found = {
        "stated price": price,
        "stated volume": volume,
        "stated product": price * volume,
        "price of the quarter": quarter - 1,
        "calls of the quarter": calls,
        "product, added": quarter * (1 + calls),
        "product, multiplied": quarter * calls,
    }
    if len(cost):
        found["fall of unit cost"] = -float(cost.iloc[0])
    study = edition.facts("operating")
    study = study[(study["metric"] == "price_elasticity") & (study["source_id"] == "NBER_34608")]
    if len(study):
        found["elasticity"] = float(study["value"].iloc[0])
        found["shift of demand"] = (1 + calls) * quarter ** -found["elasticity"]
    return found


def claimed(edition):
    """Compute the article's figures that follow from one company's accounts in one currency, by claim."""
    books, metrics = Books(edition), edition.rows("metrics").set_index("metric_id")["formula"]
    found = {}
    for claim in edition.rows("claims").query("computation == 'from_accounts'").to_dict("records"):
        label = _label(claim["period_start"], claim["period_end"])
        formula = metrics[claim["metric"]]
        growth = re.fullmatch(r"growth\((\w+)\)", formula)
        ratio = re.fullmatch(r"(\w+) / (\w+)(\[total\])?", formula)
        place = claim["entity_id"], claim["segment"]

        def at(metric, period, segment, company=place[0]):
            return books.amount(company, metric, period, segment)

        if growth:
            value = at(growth[1], label, place[1]) / at(growth[1], before(label), place[1]) - 1
        elif ratio:
            value = at(ratio[1], label, place[1]) / at(ratio[2], label, "total" if ratio[3] else place[1])
        else:
            value = at(claim["metric"], label, place[1])
        found[claim["claim_id"]] = value
    return found


def _label(start, end):
    for part, (first, last) in SPANS.items():
        if (f"{start:%m-%d}", f"{end:%m-%d}") == (first, last):
            return f"{part}{'' if part == 'FY' else ' '}{end.year}"
    return ""
