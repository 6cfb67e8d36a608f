"""Chapter 4, prices in two countries: gap, deflation, spread, premia, and what lists do not say."""
