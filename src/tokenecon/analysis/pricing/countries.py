"""The two countries that this room compares; everything else about them comes from rows."""

ONE, OTHER = "CN", "US"
"""The country whose prices are in question, and the one they are set against."""

PAIR = (ONE, OTHER)
