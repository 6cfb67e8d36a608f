"""Chapter 1, the revenue mix: the token business as part of revenue, what it adds to growth, its margin and pace."""

from tokenecon.analysis.revenue.flows import (
    KEY,
    ONE_DAY,
    SPAN,
    annualised,
    at,
    finest,
    months,
    months_between,
    scoped,
    with_remainders,
    year_before,
)
from tokenecon.analysis.revenue.mix import (
    by_period,
    continued,
    continued_margins,
    convergence,
    gross_margins,
    growth_contributions,
    margin_change,
    shares,
    unlike,
)
from tokenecon.analysis.revenue.run_rates import implied_monthly_growth, run_rate_growth

__all__ = [
    "KEY",
    "ONE_DAY",
    "SPAN",
    "annualised",
    "at",
    "by_period",
    "continued",
    "continued_margins",
    "convergence",
    "finest",
    "gross_margins",
    "growth_contributions",
    "implied_monthly_growth",
    "margin_change",
    "months",
    "months_between",
    "run_rate_growth",
    "scoped",
    "shares",
    "unlike",
    "with_remainders",
    "year_before",
]
