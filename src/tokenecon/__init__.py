"""A research report that runs: how China's large-model companies sell tokens by API."""
