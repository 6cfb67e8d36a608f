// Lets a table in a `.filterable` box be searched and filtered; without scripts, and on paper, it is the plain table.
// `data-filters` names the columns, counted from 0, by whose values it can be filtered.
for (const box of document.querySelectorAll(".filterable")) {
  const table = box.querySelector("table");
  if (!table?.tHead || !table.tBodies.length) continue;
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const rows = [...table.tBodies[0].rows].map((row) => ({
    row,
    text: row.textContent.toLocaleLowerCase(),
    cells: [...row.cells].map((cell) => cell.textContent.trim()),
  }));
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const bar = make("form", { className: "filter-bar" });
  bar.setAttribute("role", "search");
  bar.setAttribute("aria-label", "Search and filter the table");
  const labelled = (text, control) => {
    const label = make("label", { textContent: text });
    label.append(control);
    bar.append(label);
    return control;
  };
  const search = labelled("Search", make("input", { type: "search", autocomplete: "off" }));
  const chosen = (box.dataset.filters ?? "").split(",").filter(Boolean).map((place) => {
    const select = labelled(heads[place], make("select", {}));
    select.append(make("option", { value: "", textContent: "All" }));
    for (const value of new Set(rows.map(({ cells }) => cells[place]))) {
      select.append(make("option", { value, textContent: value }));
    }
    return { place, select };
  });
  bar.append(make("button", { type: "reset", textContent: "Show all" }));
  const count = make("output", {});
  count.setAttribute("aria-live", "polite");
  bar.append(count);
  const apply = () => {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, cells } of rows) {
      const fits = words.every((word) => text.includes(word)) &&
        chosen.every(({ place, select }) => !select.value || cells[place] === select.value);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  bar.addEventListener("input", apply);
  bar.addEventListener("submit", (event) => event.preventDefault());
  bar.addEventListener("reset", () => setTimeout(apply));
  box.prepend(bar);
  apply();
}
