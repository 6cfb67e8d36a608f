"""Chapter 3, market structure: concentration, churn, tiers, and what a better model earns."""
