"""Intervals, reckoned again by other code: a test at either printed end, or resamples of the referee's own.

A bootstrap's ends are random. So the referee does not make an interval and compare it: it asks whether the printed
ends are where the method puts them, by its own draws. Both sides' Monte Carlo errors are allowed for, :data:`WIDE` of
them; a method with other errors, another unit that is drawn, or another sample is off by many more.
"""

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf

LEVEL, WIDE = 0.95, 4
OWN, THEIRS = 3_999, 1_999
"""Draws of the referee, and the fewest that the report takes."""


def slack(part):
    """Return how far two simulated shares of about ``part`` may lie apart."""
    return WIDE * np.sqrt(part * (1 - part) * (1 / OWN + 1 / THEIRS))


class Coefficient:
    """A coefficient of least squares whose errors vendors share; ``change`` makes of it the number that is printed."""

    def __init__(self, rows, formula, term, change, back, weights=None):
        model = smf.wls(formula, rows, weights=1.0 if weights is None else rows[weights])
        self.y, self.x = model.wendog, model.wexog
        self.place = model.exog_names.index(term)
        self.vendors = pd.factorize(rows["entity_id"])[0]
        self.change, self.back = change, back

    def faults(self, fact):
        """Return what is wrong with a printed interval, by the method that it names."""
        check = self._wild if fact["errors"].startswith("wild cluster") else self._drawn
        return check(fact["low"], fact["high"])

    def _wild(self, low, high):
        """A value at an end of the interval is rejected with the probability of an error: no more, no less."""
        for end in (low, high):
            if abs((p := self.p(self.back(end))) - (1 - LEVEL)) > slack(1 - LEVEL):
                yield f"p = {p:.3f} at {end}"

    def p(self, null):
        """Return how often a t ratio is as large, were the coefficient ``null``: Webb's weights, a vendor at once."""
        others = np.delete(self.x, self.place, axis=1)
        held = self.y - null * self.x[:, self.place]
        fitted = others @ np.linalg.lstsq(others, held, rcond=None)[0]
        drawn = np.random.default_rng(1).choice([-1.5, -1, -0.5, 0.5, 1, 1.5], (self.vendors.max() + 1, OWN))
        weights = (np.sign(drawn) * np.sqrt(np.abs(drawn)))[self.vendors]
        again = fitted[:, None] + (held - fitted)[:, None] * weights
        seen, *_ = self._t(held[:, None])
        return float(np.mean(np.abs(self._t(again)) >= abs(seen) * (1 - 1e-9)))

    def _t(self, outcomes):
        inverse = np.linalg.pinv(self.x)
        left = outcomes - self.x @ (inverse @ outcomes)
        scores = pd.DataFrame(inverse[self.place][:, None] * left).groupby(self.vendors).sum().to_numpy()
        return (inverse[self.place] @ outcomes) / np.sqrt((scores**2).sum(axis=0))

    def _drawn(self, low, high):
        def statistic(times):
            root = np.sqrt(times[self.vendors])
            found, _, rank, _ = np.linalg.lstsq(self.x * root[:, None], self.y * root, rcond=None)
            return self.change(found[self.place]) if rank == self.x.shape[1] else np.nan

        return tails(statistic, self.vendors, low, high)


class Resampled:
    """Any statistic of rows that come in vendors: a function of how often each row was drawn."""

    def __init__(self, vendors, statistic):
        self.vendors, self.statistic = pd.factorize(pd.Series(list(vendors)))[0], statistic

    def faults(self, fact):
        """Return what is wrong with a printed interval that draws whole vendors."""
        return tails(lambda times: self.statistic(times[self.vendors]), self.vendors, fact["low"], fact["high"])


def tails(statistic, vendors, low, high):
    """Say where a share of resamples lies beyond an end that is not the one to lie there.

    With G vendors the share is that of a normal beyond Student's quantile of G − 1 degrees, widened by the root of
    G over G − 1, since a plain bootstrap of few vendors is too narrow.
    """
    count = vendors.max() + 1
    rng = np.random.default_rng(2)
    drawn = [statistic(np.bincount(rng.integers(0, count, count), minlength=count)) for _ in range(OWN)]
    drawn = np.sort(np.array(drawn)[~np.isnan(drawn)])
    beyond = tail_of(count)
    for end, outside in ((low, (drawn < low, drawn <= low)), (high, (drawn > high, drawn >= high))):
        strictly, loosely = (float(np.mean(part)) for part in outside)
        if strictly > beyond + slack(beyond) or loosely < beyond - slack(beyond):
            yield f"{strictly:.3f} to {loosely:.3f} of resamples lie beyond {end}, not {beyond:.3f}"


def tail_of(count):
    """Return that share, of a million draws of either distribution."""
    rng = np.random.default_rng(3)
    student = np.quantile(rng.standard_t(count - 1, 1_000_000), (1 + LEVEL) / 2) * np.sqrt(count / (count - 1))
    return float(np.mean(rng.standard_normal(1_000_000) > student))


class Lasting:
    """A median duration by Kaplan and Meier, its interval where the log–log band holds a half; or vendors drawn."""

    def __init__(self, rows):
        self.days, self.ended = rows["days"].to_numpy(float), rows["ended"].to_numpy(bool)
        self.vendors = rows["vendor"]

    def faults(self, fact):
        """Return what is wrong with a printed interval."""
        if "bootstrap by vendor" in fact["errors"]:
            yield from Resampled(self.vendors, self.median).faults(fact)
            return
        low, high = self.band()
        if (low, high) != (fact["low"], fact["high"]):
            yield f"{low} to {high}, not {fact['low']} to {fact['high']}"

    def steps(self, times):
        for day in np.unique(self.days[self.ended]):
            risk = times[self.days >= day].sum()
            yield day, risk, times[(self.days == day) & self.ended].sum()

    def median(self, times):
        alive = 1.0
        for day, risk, ends in self.steps(times):
            alive *= 1 - ends / risk if risk else 1
            if alive <= 0.5 + 1e-12:
                return day
        return np.inf

    def band(self):
        """Return the days between which the band holds a half: to the step that ends the last level of the curve."""
        alive, greenwood, inside, days = 1.0, 0.0, [], []
        for day, risk, ends in self.steps(np.ones(len(self.days))):
            days.append(day)
            alive *= 1 - ends / risk
            greenwood += ends / (risk * (risk - ends)) if risk > ends else np.inf
            if 0 < alive < 1:
                far = abs(np.log(-np.log(alive)) - np.log(np.log(2))) * abs(np.log(alive)) / np.sqrt(greenwood)
                if far <= 1.959963984540054:
                    inside.append(day)
        after = [day for day in days if day > max(inside)]
        return min(inside), after[0] if after else np.inf


class Remembering:
    """The slope of a series with errors of an autoregression of order one.

    The memory is estimated, so that Student's quantile is too small. The printed interval must be as wide as a
    parametric bootstrap at the memory found makes it, and no wider than one at a memory of 0.995 does.
    """

    def __init__(self, values, years, fit):
        self.values, self.years, self.fit = np.asarray(values, float), np.asarray(years, float), fit

    def faults(self, fact):
        """Return what is wrong with a printed interval."""
        slope, rho, error = self.fit(self.values, self.years)
        reach, middle = (fact["high"] - fact["low"]) / 2 / error, (fact["high"] + fact["low"]) / 2
        if abs(middle - slope) > 0.2 * error:
            yield f"the middle is {middle}, not {slope}"
        least, most = (self.quantile(memory) for memory in (rho, 0.995))
        if not 0.9 * least <= reach <= 1.1 * most:
            yield f"{reach:.2f} errors wide, not {least:.2f} to {most:.2f}"

    def quantile(self, rho, draws=150):
        rng, ratios = np.random.default_rng(4), []
        gaps = np.round(np.diff(self.years) / np.median(np.diff(self.years)))
        for _ in range(draws):
            series = [rng.standard_normal()]
            for gap in gaps:
                series.append(rho**gap * series[-1] + np.sqrt(1 - rho ** (2 * gap)) * rng.standard_normal())
            slope, _, error = self.fit(np.array(series), self.years)
            ratios.append(abs(slope) / error)
        return float(np.quantile(ratios, LEVEL))
