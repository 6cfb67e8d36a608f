"""Chapter 4, China and US pricing: gap, deflation, spread, premia, and what lists do not say."""
