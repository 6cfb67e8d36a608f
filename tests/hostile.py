"""Texts as people and lists write them, which a page must show as they are and never read as markup."""

TEXTS = [
    "HK$/US$ rate", "~5–~10 bn", "12*", "*bold*", "__init__", "<think>", r"a\b", "a\nb", "a\u2028b",
    "{{< pagebreak >}}", '<b onclick="alert(1)">x</b>', "[x](javascript:alert(1))", "![x](y.png)", "a|b", r"a\|b",
    "x^2^", "H~2~O", "@AR25", "[^n]", "# not a heading", "- not a list", "1. not a list", "10) not a list",
    ": no definition", "% no title", "&lt;b&gt; &#60; R&D", "`code`", "$x$ and $y$", r"\textbf{x}", "#import",
    "a--b---c...", "::: {.note}", "<!-- x -->", "http://example.org/_x_", "[x]{.y}", "智谱AI", "+", "-", "--", "=",
    "\u202eabc", "\x00\x07", "'", '"q"', "a   a", "<script>alert(1)</script>", "</main>", "```", "[@lost]", "@fig-lost",
]  # fmt: skip
