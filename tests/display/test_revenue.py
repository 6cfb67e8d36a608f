import numpy as np
import pytest

from tokenecon.analysis.revenue.findings import Revenue
from tokenecon.display import revenue, theme


@pytest.fixture(scope="module")
def found():
    theme.use()
    return Revenue.open("2026Q3")


def test_bars_by_billing_are_as_wide_as_their_shares_in_the_order_of_the_legend(found):
    figure, (ax,) = theme.canvas(found.billed)
    revenue.billed(ax, found.billed)
    kinds = [kind for kind in revenue.BILLING if kind in set(found.billed["billing"])]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [revenue.BILLING[kind][0] for kind in kinds]
    for container, kind in zip(ax.containers, kinds, strict=True):
        widths = sorted(bar.get_width() for bar in container if bar.get_width() > 0)
        assert widths == pytest.approx(sorted(found.billed.loc[found.billed["billing"] == kind, "share"]))
    theme.plt.close(figure)


def test_shares_are_written_where_a_line_ends_or_turns(found):
    figure, (ax,) = theme.canvas(found.within_year)
    revenue.finished_shares(ax, found.within_year, found.companies)
    own = found.within_year.query("entity_id == @found.companies[0].id").sort_values("middle")["share"]
    turns = np.sign(own.diff()) != np.sign(-own.diff(-1))
    written = [text.get_text() for text in ax.texts]
    assert {f"{share:.0%}" for share in own[turns]} <= set(written)
    theme.plt.close(figure)
