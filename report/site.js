// What readers can do on every page, in both renderers: search all text, read notes and terms where they stand, enlarge
// a figure, reach by keyboard whatever scrolls. Nothing is fetched but the search's own file, which lies beside the page.
(() => {
  "use strict";
  const main = document.querySelector("main") ?? document.body;
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  // Search ----------------------------------------------------------------------------------------------------------

  const SHOWN = 30, AROUND = 70;
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase("en");
  let dialog, field, list, count;

  let loading;
  const index = () => loading ??= new Promise((done, failed) => {
    const script = make("script", { src: "search-index.js", onload: () => done(window.searchIndex), onerror: failed });
    document.head.append(script);
  });

  const marked = (text, words) => {
    const found = make("span"), low = plain(text);
    if (low.length !== text.length) return make("span", { textContent: text });
    let at = 0;
    while (at < text.length) {
      const next = words.map((word) => [low.indexOf(word, at), word.length]).filter(([place]) => place >= 0)
        .sort(([one], [other]) => one - other)[0];
      if (!next) break;
      found.append(text.slice(at, next[0]), make("mark", { textContent: text.slice(next[0], next[0] + next[1]) }));
      at = next[0] + next[1];
    }
    found.append(text.slice(at));
    return found;
  };

  const excerpt = (text, words) => {
    const first = Math.min(...words.map((word) => plain(text).indexOf(word)).filter((place) => place >= 0));
    if (!Number.isFinite(first)) return text.slice(0, 2 * AROUND);
    const start = Math.max(0, text.lastIndexOf(" ", Math.max(0, first - AROUND)) + 1);
    const end = first + AROUND;
    return (start ? "… " : "") + text.slice(start, end) + (end < text.length ? " …" : "");
  };

  const results = (entries, words) => entries
    .map((entry) => {
      const [heading, chapter, text] = [entry.heading, entry.chapter, entry.text].map(plain);
      const all = words.every((word) => heading.includes(word) || chapter.includes(word) || text.includes(word));
      const score = words.reduce((sum, word) =>
        sum + 8 * heading.includes(word) + 2 * chapter.includes(word) + Math.min(3, text.split(word).length - 1), 0);
      return { entry, score: all ? score : 0 };
    })
    .filter(({ score }) => score)
    .sort((one, other) => other.score - one.score);

  // One letter after another asks; the answers come in that order, since all wait for the same file.
  const search = async () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    if (!words.length) { list.replaceChildren(); count.textContent = ""; return; }
    let found;
    try {
      found = results(await index(), words);
    } catch {
      count.textContent = "The file search-index.js is not beside this page.";
      return;
    }
    count.textContent = found.length ? `${found.length} ${found.length === 1 ? "section" : "sections"}` : "Nothing has all of these words.";
    list.replaceChildren(...found.slice(0, SHOWN).map(({ entry }) => {
      const link = make("a", { href: entry.at }, make("b", {}, marked(entry.heading, words)));
      if (entry.heading !== entry.chapter) link.append(make("small", { textContent: entry.chapter }));
      link.append(make("span", { className: "excerpt" }, marked(excerpt(entry.text, words), words)));
      link.addEventListener("click", () => dialog.close());
      return make("li", {}, link);
    }));
  };

  const openSearch = () => {
    if (!dialog) {
      field = make("input", { type: "search", placeholder: "Words in the report", autocomplete: "off" });
      field.setAttribute("aria-label", "Search the report");
      count = make("p", { className: "count" });
      count.setAttribute("role", "status");
      list = make("ol");
      const close = make("button", { type: "button", textContent: "Close", onclick: () => dialog.close() });
      dialog = make("dialog", { className: "search" }, make("div", { className: "row" }, field, close), count, list);
      dialog.setAttribute("aria-label", "Search");
      dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
      field.addEventListener("input", search);
      field.addEventListener("keydown", (event) => {
        if (event.key === "Escape") dialog.close();
        if (event.key === "Enter") { event.preventDefault(); list.querySelector("a")?.click(); }
      });
      document.body.append(dialog);
    }
    dialog.showModal();
    field.select();
  };

  const opener = make("button", { type: "button", className: "search-open", onclick: openSearch });
  opener.append(make("span", { textContent: "Search" }));
  opener.title = "Search (press /)";
  const reading = document.querySelector(".reading");
  const bar = document.querySelector(".bar #menu");
  if (bar) bar.before(opener);
  else if (reading) reading.append(" · ", opener);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      openSearch();
    }
  });

  // Notes of citations, meanings of terms ---------------------------------------------------------------------------

  const notes = JSON.parse(document.getElementById("notes")?.textContent || "{}");
  const tip = make("div", { className: "note-tip", id: "note-tip", hidden: true });
  tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  let about = null;

  const hide = () => {
    about?.removeAttribute("aria-describedby");
    about = null;
    tip.hidden = true;
  };
  const show = (element, text) => {
    hide();
    about = element;
    tip.textContent = text;
    tip.hidden = false;
    element.setAttribute("aria-describedby", tip.id);
    const box = element.getBoundingClientRect(), width = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(8, Math.min(width - tip.offsetWidth - 8, box.left))}px`;
    const above = box.top - tip.offsetHeight - 8;
    tip.style.top = `${above > 8 ? above : box.bottom + 8}px`;
  };
  const explain = (element, text) => {
    element.addEventListener("pointerenter", () => show(element, text));
    element.addEventListener("focus", () => show(element, text));
    for (const leaving of ["pointerleave", "blur"]) {
      element.addEventListener(leaving, () => { if (about === element) hide(); });
    }
  };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", hide, { passive: true, capture: true });

  for (const link of main.querySelectorAll('a[href*="#ref-"], a[href^="#fn"]')) {
    const id = decodeURIComponent(link.hash.slice(1));
    const foot = id.startsWith("fn") && !id.startsWith("fnref") && document.getElementById(id);
    const text = notes.references?.[id] ?? (foot ? foot.textContent.replace("↩︎", "").trim() : "");
    if (text) explain(link, text);
  }

  // The first time that a term is met on the page it carries its meaning.
  const met = (term) => {
    const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${term.forms.map((form) => RegExp.escape?.(form) ?? form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})(?![\\p{L}\\p{N}])`, "iu");
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode, found = node.data.match(pattern);
      if (!found || !node.parentElement.closest("p, li, dd") || node.parentElement.closest("a, code, pre, svg, script, .term, .downloads, .reading, .page-foot, .interactive, .title-block, .csl-entry, nav")) continue;
      const rest = node.splitText(found.index);
      rest.splitText(found[0].length);
      const span = make("span", { className: "term", tabIndex: 0, textContent: found[0] });
      rest.replaceWith(span);
      explain(span, term.says);
      return;
    }
  };
  (notes.terms ?? []).forEach(met);

  // Figures ---------------------------------------------------------------------------------------------------------

  const large = make("dialog", { className: "large" });
  large.setAttribute("aria-label", "Figure, enlarged");
  let home;
  const shut = make("button", { type: "button", textContent: "Close", onclick: () => large.close() });
  large.addEventListener("close", () => { if (home) { home.place.replaceWith(home.picture); home = null; } });
  large.addEventListener("click", (event) => { if (event.target === large) large.close(); });
  document.body.append(large);
  for (const box of main.querySelectorAll(".figure-box")) {
    if (box.closest(".interactive")) continue;
    const title = box.closest("figure, .quarto-figure, .quarto-float")?.querySelector(".figure-title");
    const button = make("button", { type: "button", className: "enlarge", title: "Enlarge the figure" });
    button.setAttribute("aria-label", "Enlarge the figure");
    button.append(make("span", { textContent: "⤢", ariaHidden: "true" }));
    button.addEventListener("click", () => {
      const picture = box.querySelector("svg"), place = document.createComment("");
      picture.replaceWith(place);
      home = { place, picture };
      large.replaceChildren(shut, ...(title ? [make("p", { className: "figure-title", textContent: title.textContent.trim() })] : []), make("div", { className: "figure-box" }, picture));
      large.showModal();
    });
    box.append(button);
  }

  // What scrolls sideways can be reached by keyboard, and only that -------------------------------------------------

  const boxes = main.querySelectorAll(".figure-box, .table-box, .quarto-float-tbl > div, pre, :has(> math[display=block])");
  const reachable = (box) => {
    if (box.scrollWidth > box.clientWidth + 1) {
      box.tabIndex = 0;
      if (box.tagName !== "PRE") {
        const caption = box.closest("figure")?.querySelector("figcaption")?.textContent.trim() ?? "";
        box.setAttribute("role", "region");
        box.setAttribute("aria-label", `${caption.split(":")[0] || (box.matches(":has(> math)") ? "Formula" : "Table")}, scrolls sideways`);
      }
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  };
  const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => reachable(target)));
  boxes.forEach((box) => watch.observe(box));

  // Quarto names none of its bars.
  for (const [bar, name] of [["#quarto-sidebar", "Chapters"], [".quarto-secondary-nav", "This page"], ["#TOC", "Sections"]]) {
    document.querySelector(bar)?.setAttribute("aria-label", name);
  }
  for (const link of document.querySelectorAll('a[role="navigation"]')) Object.assign(link, { role: "button", tabIndex: 0 });

  // A table that becomes cards on a phone carries its headings in its cells.
  for (const table of main.querySelectorAll(".filterable table")) {
    const heads = [...table.tHead?.rows[0]?.cells ?? []].map((cell) => cell.textContent.trim());
    for (const row of table.tBodies[0]?.rows ?? []) {
      [...row.cells].forEach((cell, place) => {
        cell.dataset.label = heads[place] ?? "";
        if (!cell.textContent.trim()) cell.classList.add("empty");
        if (heads[place] === "Verdict") cell.classList.add("first");
      });
    }
  }
})();
