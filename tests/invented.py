"""Invented rows for an edition that is still ahead: what a fork would fill into the templates."""

import csv

FACTOR = 8
"""Of flows and stocks on the year before: so large that the second half stays positive after a strong first one."""
SOURCE = "INVENTED"


def read(file):
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write(file, rows):
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def append(file, **cells):
    header = list(read(file)[0])
    with file.open("a", encoding="utf-8", newline="") as lines:
        csv.DictWriter(lines, header, lineterminator="\n").writerow({name: cells.get(name, "") for name in header})


def add_source(data, day):
    append(
        data / "sources.csv", source_id=SOURCE, title="Invented results", publisher="Nobody", published_on=day,
        dating="document", tier="press", reliability_note="Invented for a test.", licence="none",
    )  # fmt: skip


def fill_templates(data, edition, day):
    """Fill in every figure of the templates that nothing else gives; all grow alike, so that sums still hold."""
    folder = data / "editions" / f"{edition}.todo"
    like = {}
    for row in read(folder / "checklist.csv"):
        like.setdefault((row["table"], row["entity_id"], row["metric"], row["segment"], row["item"], row["kind"]), row)
    formulas = {row["metric_id"] for row in read(data / "metrics.csv") if row["formula"]}
    natures = {row["metric_id"]: row["nature"] for row in read(data / "metrics.csv")}
    for table in ("financials", "operating"):
        rows = read(folder / f"{table}.csv")
        for row in rows:
            known = like[table, row["entity_id"], row["metric"], row["segment"], row.get("item", ""), ""]
            if row["metric"] in formulas - {"gross_profit"} or "-" in known["like"].strip("-"):
                continue
            grows = natures[row["metric"]] in ("flow", "stock")
            places = len(known["like"].partition(".")[2])
            value = float(known["like"]) * (FACTOR if grows else 1)
            row |= {"value": f"{value:.{places}f}", "source_id": SOURCE, "published_on": day}
        write(folder / f"{table}.csv", rows)
    rates = read(folder / "fx.csv")
    for row in (row for row in rates if row["kind"] == "monthly_average"):
        known = like["fx", row["base"], row["kind"], row["quote"], "", ""]
        row |= {"rate": known["like"], "source_id": SOURCE, "published_on": day}
    write(folder / "fx.csv", rates)


def state(data, day, run_rates, targets, due):
    """Add run-rates stated by ``day`` and targets due on ``due``, by company and segment, in millions of dollars."""
    for kind, figures, on in (("run_rate", run_rates, day), ("guidance", targets, due)):
        for (entity, segment), value in figures.items():
            append(
                data / "statements.csv",
                statement_id=f"invented_{kind}_{entity}_{segment}", entity_id=entity, kind=kind,
                metric="run_rate", segment=segment, period_start=on, period_end=on, value=str(value), qualifier="exact",
                unit="million", currency="USD", definition="not_stated", scope="all revenue", said_by="Management",
                said_on=day, source_id=SOURCE, published_on=day,
            )  # fmt: skip


def third_company(data, like, name, day):
    """Add a company with the accounts and staff of another, and set it beside the others in every edition: rows only.

    It has no prices, run-rates, colour or mark: what needs these leaves it out.
    """
    add_source(data, day)
    sources = read(data / "sources.csv")
    write(data / "sources.csv", [row | {"dating": "series"} if row["source_id"] == SOURCE else row for row in sources])
    [own] = (row for row in read(data / "entities.csv") if row["entity_id"] == like)
    append(data / "entities.csv", **own | {"entity_id": name, "name": name.title(), "short_name": "", "model_line": "",
                                           "colour": "", "marker": "", "listing": "", "listed_on": ""})  # fmt: skip
    for row in [row for row in read(data / "segments.csv") if row["entity_id"] == like]:
        append(data / "segments.csv", **row | {"entity_id": name})
    ratios = {row["metric_id"] for row in read(data / "metrics.csv") if row["nature"] == "ratio"}
    for table in ("financials", "operating"):
        known, kept = set(), []
        for row in read(data / f"{table}.csv"):
            key = (row["metric"], row["segment"], row.get("item"), row["period_start"], row["period_end"])
            wanted = row["entity_id"] == like and (table == "financials" or row["metric"] == "headcount")
            if (
                wanted
                and row["metric"] not in ratios
                and key not in known
                and row["published_on"] <= day
                and row["value"]
            ):
                known.add(key)
                kept.append(row)
        for row in kept:
            append(data / f"{table}.csv", **row | {"entity_id": name, "source_id": SOURCE})
    for file in (data / "editions").glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(f'"{like}"]', f'"{like}", "{name}"]'), encoding="utf-8")
