"""Chapter 5, the outlook: what targets ask for, what was forecast, what is simulated, how far break-even is."""
