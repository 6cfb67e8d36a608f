"""The catalogue: what an edition knows, typed and in base units."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from tokenecon import inputs
from tokenecon.catalog.checks import quick_findings, run_checks, table_findings
from tokenecon.catalog.checks.context import Data
from tokenecon.catalog.claims import typed_claims
from tokenecon.catalog.companies import Company, companies, named_on
from tokenecon.catalog.countries import Country, countries
from tokenecon.catalog.editions import Edition, find_edition
from tokenecon.catalog.errors import DataError, Finding
from tokenecon.catalog.files import RawTable, read_table
from tokenecon.catalog.fx import Rate, Rates, as_period
from tokenecon.catalog.market import (
    JOINS,
    PATIENCE,
    Clean,
    clean,
    lapsed,
    looked_up,
    spans_known,
    with_ends,
    with_rulings,
)
from tokenecon.catalog.paths import data_root, display_name
from tokenecon.catalog.periods import Period
from tokenecon.catalog.printed import decimals
from tokenecon.catalog.records import record_path, recorded
from tokenecon.catalog.rulings import corrected, rejections
from tokenecon.catalog.schema import Schema, Table
from tokenecon.catalog.sound import sound_tables
from tokenecon.catalog.typed import typed, typed_facts


def _table(name: str, doc: str) -> property:
    return property(lambda catalog: catalog.table(name), doc=doc)


class Catalog:
    """Point-in-time view of the data.

    Open one with :meth:`open`. Each table is a property and a fresh frame: `financials`,
    `statements`, `operating` (facts), `fx`, `sources`, `entities`, `metrics`, `segments`, `rulings`.

    Tables of facts hold one row for each fact: rows published after the edition's day are not there,
    and where a ruling or a weaker source stands against a row it is set aside (see :meth:`history`).
    Their `value` is in base units (yuan, dollars, tokens, persons, a ratio for percent), named in
    `base_unit`; `printed` is the text of the source; `tier` is the strength of the source.
    A range has no `value`, but `value_low` and `value_high`.

    A published edition does not see rows that were added to the data after the day of its record, whenever they
    were published; a draft, and an edition without a record, sees all that is held.

    `share_prices` and `private_rounds` are facts too; `events` have a day and no number.

    The market tables `models`, `prices`, `host_prices`, `index_prices`, `litellm_prices`, `benchmarks`, `capability`,
    `modalities`, `apps`, `token_models`, `token_shares` and `token_totals` are no facts of an entity: their rows are
    as the sources show them. The large ones are read when first asked for.
    """

    def __init__(self, root: Path, edition: Edition):
        self.root, self.edition = root, edition
        self._schema = Schema.load(root)
        sound = sound_tables(root, self._schema)
        small = {name: table for name, table in self._schema.tables.items() if not table.on_demand}
        self._data = Data(root, self._schema, sound or {name: read_table(root, table) for name, table in small.items()})
        if not sound:
            self._refuse(quick_findings(self._data))
        self._checked = set(self._data.raw)
        self._known: dict[str, pd.DataFrame] = {}
        self._files: dict[str, set[str]] = {}
        self._rates: Rates | None = None

    @classmethod
    def open(cls, edition: str | None = None, data_dir: str | Path | None = None) -> Catalog:
        """Open the catalogue as an edition knows it.

        Parameters
        ----------
        edition
            Its id. Without one, the environment variable ``TOKENECON_EDITION``, else the newest.
        data_dir
            Data folder. Without one, ``TOKENECON_DATA``, else the project's ``data``.

        Raises
        ------
        DataError
            If the data or the edition are wrong; the message lists every finding, one a line.
        """
        root = Path(data_dir).resolve() if data_dir else data_root()
        return cls(root, find_edition(root, edition or os.environ.get("TOKENECON_EDITION") or None))

    def __repr__(self) -> str:
        """Name the edition and its day."""
        return f"Catalog({self.edition.id}, as of {self.edition.as_of})"

    @property
    def financials(self) -> pd.DataFrame:
        """Figures from accounts, one row a fact: of a figure printed in several currencies, the first published.

        A company that changes the currency of its accounts prints the year before in both.
        """
        filed = self.table("financials")
        place = ["entity_id", "metric", "segment", "period_start", "period_end"]
        first = filed.sort_values("published_on", kind="stable").drop_duplicates(place).index
        return filed if len(first) == len(filed) else filed[filed.index.isin(first)].reset_index(drop=True)

    @property
    def record(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]] | None:
        """What the edition printed and how it judged, as it was recorded; none before, and none of a draft."""
        inputs.note([display_name(record_path(self.root, self.edition.id), self.root)])
        return None if self.edition.draft else recorded(self.root, self.edition.id)

    statements = _table("statements", "What was said, one row a statement.")

    @property
    def claims(self) -> pd.DataFrame:
        """Claims of the articles under test; :meth:`claims_of` gives those of one.

        Besides the columns of the table `printed` (the figure as text, that of a statement included), `value` and
        `base_unit`, `period` (label) and `tier`; NaN or empty where a claim has none.
        """
        return self.table("claims")

    articles = _table("articles", "Articles whose claims are under test; the report is about the first.")

    def claims_of(self, article: str | None = None) -> pd.DataFrame:
        """Return the claims of one article; those of the first if left out."""
        first = self.articles["article_id"].iloc[:1]
        return self.claims[self.claims["article_id"].isin([article] if article else first)]

    operating = _table("operating", "Operating and market figures, one row a fact.")
    fx = _table("fx", "Exchange rates published by the edition's day.")
    sources = _table("sources", "Sources published by the edition's day, and those that visible rows cite.")
    entities = _table("entities", "Companies, platforms and markets.")

    @property
    def companies(self) -> tuple[Company, ...]:
        """The companies that the edition sets side by side, in its order, in the currency of the last revenue filed."""
        sold = self.financials[self.financials["metric"] == "revenue"].sort_values("period_end")
        filed = self.entities["entity_id"].map(sold.groupby("entity_id")["currency"].last()).astype(object)
        entities = self.entities.assign(reporting_currency=filed.fillna(self.entities["reporting_currency"]))
        return companies(entities, list(self.edition.companies))

    @property
    def countries(self) -> tuple[Country, ...]:
        """The pair of countries that the edition sets side by side, in its order; or fewer."""
        return countries(self.entities, self.edition.countries)

    metrics = _table("metrics", "Definitions of what is measured.")
    segments = _table("segments", "Parts of entities.")
    models = _table("models", "Models seen by the edition's day.")

    @property
    def prices(self) -> pd.DataFrame:
        """Every row of the lists of prices, odd ones included: see :meth:`list_prices`.

        Besides the columns of the table `entity_id` (the maker) and `tier`. What lies after the edition's
        day is not known: such an `effective_to` or `last_seen_on` is NaT.
        """
        return self.table("prices")

    def list_prices(self, patience: pd.Timedelta | None = PATIENCE) -> Clean:
        """Return the makers' own list prices with the days on which they held, and what was left out.

        Lists leave spans open that have ended. A model is on sale from its first price until no list has shown it for
        longer than `patience`: the makers' lists, Artificial Analysis or LiteLLM. Its open spans end then.

        Parameters
        ----------
        patience
            How long a model that no list shows counts as on sale; None takes open spans at their word.

        Returns
        -------
        Clean
            `frame`: rows of `prices` without an excluding flag. `excluded`: `flag`, `rows`, `reason` for each
            flag of ``flags.csv`` that left rows out; the rows add up to those of `prices`.
        """
        found = clean(self.prices, "prices", self.table("flags"))
        if patience is None:
            return found
        sights = [
            self.index_prices.set_index("model_id")["last_seen_on"],
            self.litellm_prices.set_index("model_id")["published_on"],
        ]
        return found._replace(frame=lapsed(found.frame, sights, pd.Timestamp(self.edition.as_of), patience))

    @property
    def host_prices(self) -> pd.DataFrame:
        """Who sells which open-weights model at what price on a day, with `entity_id` (the maker) and `tier`.

        `host_class` is our judgement: maker, host (serves the weights itself) or gateway (passes on prices).
        """
        return self.table("host_prices")

    @property
    def index_prices(self) -> pd.DataFrame:
        """What Artificial Analysis reads as the price of each variant, by span, with `entity_id` and `tier`.

        The maker's price for closed models, a median over hosts for open weights. `model_id` and `named` are those of
        :attr:`capability`. What lies after the edition's day is not known, as for :attr:`prices`.
        """
        return self.table("index_prices")

    litellm_prices = _table(
        "litellm_prices", "First-party dollar prices on the days of LiteLLM's excerpts, with `entity_id`, `tier`."
    )

    @property
    def apps(self) -> pd.DataFrame:
        """Largest applications on a router by day, with `tokens_per_request`.

        Tokens and requests are those of a trailing window of weeks, and the lists of two days are not of the same
        applications: match them by `app_id`.
        """
        return self.table("apps")

    modalities = _table("modalities", "Best model and rank of each vendor in a modality; `entity_id` may be empty.")
    token_totals = _table("token_totals", "All tokens of a platform by day.")
    share_prices = _table(
        "share_prices", "Share prices (`item` says which), shares in issue, market capitalisation; one row a fact."
    )
    private_rounds = _table(
        "private_rounds", "Valuations outside an exchange, one row a fact; `stage` says whether money was paid."
    )
    events = _table(
        "events", "Filings, changes of terms, announcements; `holds` is False where one did not come about."
    )
    benchmarks = _table("benchmarks", "Tests of models, and the unit of their scores.")

    @property
    def capability(self) -> pd.DataFrame:
        """Scores of models.

        Besides the columns of the table `entity_id` (the maker), `test` and `unit` of the benchmark, `tier`,
        and `value`: the score, as a ratio where it is a fraction or in percent. Do not compare scores of one
        test across sources or days.
        """
        return self.table("capability")

    @property
    def token_models(self) -> pd.DataFrame:
        """Tokens by model and day or week, with `entity_id` (the maker), `model_id`, `free` and `tier`.

        Maker and model are empty for the row `other`, the rest of a day, and for models under a cover name.
        """
        return self.table("token_models")

    token_shares = _table("token_shares", "Shares of a platform's tokens by author, with `tier` and `value`, a ratio.")
    rulings = _table("rulings", "Declared restatements, conflicts and corrections.")
    rules = _table("rules", "By which rule each computation gives its verdict, why, and since when.")

    def threshold(self, computation: str, name: str) -> float:
        """Return a threshold of the rule by which a computation gives its verdict.

        Raises
        ------
        DataError
            If ``data/rules.csv`` has no such row, or no value in it.
        """
        rules = self.rules
        found = rules[rules["computation"].eq(computation) & rules["threshold"].eq(name)]["value"].dropna()
        if found.empty:
            message = f"'{computation}' asks for '{name}', which has no row with a value; add it"
            raise DataError([Finding("data/rules.csv", 1, "threshold", message)])
        return float(found.iloc[0])

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the data package as the edition knows it.

        Raises
        ------
        DataError
            If the package has no such table, or it cannot be loaded.
        """
        frame = self.history(name)
        table = self._schema.tables[name]
        return self._one_row_a_fact(frame, table) if table.is_fact else frame

    def history(self, name: str) -> pd.DataFrame:
        """Return every row of a table known on the edition's day, set aside or not.

        Parameters
        ----------
        name
            Name of the table.

        Returns
        -------
        DataFrame
            As the table itself; facts have besides `ruling`, the ruling that sets the row aside, or "".
        """
        if name not in self._known:
            with inputs.recording() as files:
                self._known[name] = self._load(name)
            self._files[name] = files
        inputs.note(self._files[name])
        return self._known[name].copy()

    def series(self, entity: str, metric: str, segment: str = "total", kind: str | None = None) -> pd.DataFrame:
        """Return one recognised or operating figure over time.

        Parameters
        ----------
        entity, metric, segment
            Keys of the figure.
        kind
            Keep periods of one kind only: year, half, nine_months, quarter, month, day.

        Returns
        -------
        DataFrame
            Rows of the accounts, or of the operating figures where the accounts have none, by period.

        Raises
        ------
        KeyError
            If nothing is known; the message names what was asked for.
        """
        for frame in (self.financials, self.operating):
            match = frame["entity_id"].eq(entity) & frame["metric"].eq(metric) & frame["segment"].eq(segment)
            rows = frame[match]
            if kind:
                rows = rows[[Period.parse(label).kind == kind for label in rows["period"]]]
            if len(rows):
                return rows.sort_values(["period_start", "period_end"]).reset_index(drop=True)
        wanted = f"{entity} {metric} {segment}" + (f" by {kind}" if kind else "")
        raise KeyError(f"nothing is known of {wanted} on {self.edition.as_of}")

    def value(self, entity: str, metric: str, period: Period | str, segment: str = "total") -> float:
        """Return one figure in base units.

        Parameters
        ----------
        entity, metric, segment
            Keys of the figure.
        period
            The period, or its label.

        Raises
        ------
        KeyError
            If it is not known, or not by one row alone.
        """
        label = as_period(period).label
        rows = self.series(entity, metric, segment)
        rows = rows[rows["period"] == label]
        if len(rows) != 1:
            wanted = f"{entity} {metric} {segment} {label}"
            raise KeyError(f"{len(rows) or 'no'} rows are known of {wanted} on {self.edition.as_of}")
        return float(rows["value"].iloc[0])

    def rate(self, base: str, quote: str, on: Period | date | str | tuple[date, date], kind: str = "average") -> Rate:
        """Return an exchange rate.

        Parameters
        ----------
        base, quote
            Currency codes; the rate counts units of `quote` for one of `base`.
        on
            Period, its label, a day, or first and last day.
        kind
            ``average`` for flows; ``closing`` for stocks, on the last day of the period. Where no fixing is
            known for that day, the average of its month stands in and `proxy` is True.

        Raises
        ------
        RateError
            If no rate is known.
        """
        if self._rates is None:
            self._rates = Rates(self.fx, self.edition.as_of)
        inputs.note(self._files["fx"])
        return self._rates.find(base, quote, as_period(on), kind)

    def in_currency(self, frame: pd.DataFrame, quote: str, kind: str) -> pd.DataFrame:
        """Convert the money in a frame of facts, each row at the rate of its own period.

        Parameters
        ----------
        frame
            Rows with `value`, `base_unit` (a currency), `period_start` and `period_end`.
        quote
            Currency to convert to.
        kind
            ``average`` for flows, ``closing`` for stocks and run-rates.

        Returns
        -------
        DataFrame
            The same rows, with `value` and `base_unit` converted, the `rate` used and whether it is a `proxy`.

        Raises
        ------
        RateError
            If a rate is not known.
        """
        spans = zip(frame["base_unit"], frame["period_start"], frame["period_end"], strict=True)
        rates = [self.rate(base, quote, (start, end), kind) for base, start, end in spans]
        values = [rate.value for rate in rates]
        return frame.assign(
            value=frame["value"] * values, base_unit=quote, rate=values, proxy=[rate.proxy for rate in rates]
        )

    def in_one_currency(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Bring the money of each entity to the currency of its latest accounts, so that periods compare.

        Parameters
        ----------
        frame
            Rows of facts, with `metric`; flows are converted at the average rate of their period, stocks at the
            closing rate of its last day.

        Returns
        -------
        DataFrame
            The same rows, with `converted`: whether a row was printed in another currency.

        Raises
        ------
        RateError
            If a rate is not known.
        """
        money = frame["currency"] != ""
        latest = frame[money].sort_values("period_end").groupby("entity_id")["currency"].last()
        wanted = frame["entity_id"].map(latest)
        foreign = money & (frame["currency"] != wanted)
        natures = frame["metric"].map(self.metrics.set_index("metric_id")["nature"])
        parts = [frame[~foreign].assign(converted=False)]
        for (currency, stock), rows in frame[foreign].groupby([wanted[foreign], natures[foreign].eq("stock")]):
            brought = self.in_currency(rows, currency, "closing" if stock else "average")
            parts.append(brought.assign(converted=True)[parts[0].columns])
        return pd.concat(parts).sort_index()

    def _load(self, name: str) -> pd.DataFrame:
        table, raw = self._schema.tables[name], self._held(name)
        if table.is_fact:
            return self._load_facts(table, raw)
        frame = typed(raw, table)
        if name == "claims":
            frame = typed_claims(raw, self._text("statements").frame, self._schema, self._metrics())
        as_of = pd.Timestamp(self.edition.as_of)
        if name == "entities":
            frame = named_on(frame, as_of)
        if "published_on" not in frame:
            return frame
        known = frame["published_on"] <= as_of
        if name == "sources":
            # A series is dated by its last day, but its earlier rows were known before.
            known |= frame["source_id"].isin(self._cited())
        frame = frame[known].reset_index(drop=True)
        if name in JOINS:
            texts = {other: self._text(other).frame for other in ("models", "model_aliases", "benchmarks")}
            frame = JOINS[name](frame, texts)
        if name in JOINS or name == "claims":
            frame = self._with_tier(frame)
        if name == "prices":
            frame = with_ends(with_rulings(frame, self.history("price_rulings")), self.history("price_ends"))
        return spans_known(frame, as_of) if name in ("prices", "index_prices") else frame

    def _metrics(self) -> pd.DataFrame:
        return typed(self._text("metrics"), self._schema.tables["metrics"])

    def _held(self, name: str) -> RawTable:
        """Return a table as text, without the rows added after the edition was recorded."""
        raw = self._text(name)
        if "added_on" not in raw.frame:
            return raw
        return RawTable(raw.file, raw.frame[self.edition.holds(raw.frame["added_on"])])

    def _text(self, name: str) -> RawTable:
        """Return a table as text, reading and checking a large one when it is first asked for."""
        if name not in self._checked:
            if name not in self._data.raw:
                self._data.raw[name] = read_table(self._data.root, self._schema.tables[name])
            self._refuse(table_findings(self._data, name))
            self._checked.add(name)
        inputs.note([self._data.raw[name].file])
        return self._data.raw[name]

    def _refuse(self, found: list[Finding]) -> None:
        if found:
            raise DataError(run_checks(self._data.root) or found)

    def _with_tier(self, frame: pd.DataFrame) -> pd.DataFrame:
        sources = self._text("sources").frame[["source_id", "tier"]]
        tiers = self._schema.tables["sources"].enum("tier")
        joined = looked_up(frame, sources, "source_id")
        return joined.assign(tier=pd.Categorical(joined["tier"], tiers, ordered=True))

    def _cited(self) -> set[str]:
        as_of, cited = self.edition.as_of.isoformat(), set()
        for name, table in self._schema.tables.items():
            if name != "sources" and "source_id" in table.fields:
                rows = self._held(name).frame
                known = rows["published_on"] <= as_of if "published_on" in rows else slice(None)
                cited |= set(rows.loc[known, "source_id"])
        return cited

    def _load_facts(self, table: Table, raw: RawTable) -> pd.DataFrame:
        rulings = self._held("rulings").frame
        known = raw.frame[raw.frame["published_on"] <= self.edition.as_of.isoformat()]
        known = corrected(known, table, rulings)
        named = rejections(known, table, rulings).reset_index(drop=True)
        frame = typed_facts(RawTable(raw.file, known), table, self._schema, self._metrics())
        return self._with_tier(frame).assign(ruling=named)

    def _one_row_a_fact(self, frame: pd.DataFrame, table: Table) -> pd.DataFrame:
        # Rows left on one key agree (the checks see to it): the strongest source, then the finest print, speaks.
        standing = frame[frame["ruling"] == ""].drop(columns="ruling")
        grain = standing["printed"].map(decimals)
        ranked = standing.assign(_grain=-grain).sort_values(["tier", "_grain", "published_on"], kind="stable")
        kept = ranked.drop_duplicates(table.fact_key).index
        return standing.loc[standing.index.isin(kept)].reset_index(drop=True)
