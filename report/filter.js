// Lets a table in a `.filterable` box be searched, filtered and sorted; without scripts, and on paper, it is the plain
// table. `data-filters` names the columns, counted from 0, by whose values it can be filtered. What a reader chose
// stands in the address, so that it can be sent on.
(() => {
  "use strict";
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const number = (text) => {
    const found = text.replace(/[−–]/, "-").replace(/,(?=\d{3})/g, "").match(/^[^\d-]{0,3}(-?\d+(\.\d+)?)/);
    return found ? Number(found[1]) : NaN;
  };
  const boxes = [...document.querySelectorAll(".filterable")];

  boxes.forEach((box, place) => {
    const table = box.querySelector("table");
    if (!table?.tHead || !table.tBodies.length) return;
    const body = table.tBodies[0], headCells = [...table.tHead.rows[0].cells];
    const heads = headCells.map((cell) => cell.textContent.trim());
    const rows = [...body.rows].map((row, order) => ({
      row, order,
      text: row.textContent.toLocaleLowerCase(),
      cells: [...row.cells].map((cell) => cell.textContent.trim()),
    }));
    const name = (what) => (place ? `${what}${place + 1}` : what);

    // The bar
    const bar = make("form", { className: "filter-bar" });
    bar.setAttribute("role", "search");
    bar.setAttribute("aria-label", "Search and filter the table");
    const labelled = (text, control) => {
      bar.append(make("label", { textContent: text }, control));
      return control;
    };
    const search = labelled("Search", make("input", { type: "search", autocomplete: "off" }));
    const chosen = (box.dataset.filters ?? "").split(",").filter(Boolean).map((column) => {
      const select = labelled(heads[column], make("select", {}));
      select.append(make("option", { value: "", textContent: "All" }));
      for (const value of new Set(rows.map(({ cells }) => cells[column]))) {
        select.append(make("option", { value, textContent: value }));
      }
      return { column, select, key: name(heads[column].toLowerCase().replace(/\W+/g, "-")) };
    });
    bar.append(make("button", { type: "reset", textContent: "Show all" }));
    const count = make("output", {});
    count.setAttribute("aria-live", "polite");
    bar.append(count);

    // A line where nothing fits
    const cell = make("td", { colSpan: heads.length, textContent: "No row has all of this. Show all, or search for less." });
    const nothing = make("tr", { className: "nothing", hidden: true }, cell);
    body.append(nothing);

    // Sorting
    let sorted = { column: -1, down: false };
    const sort = () => {
      const { column, down } = sorted, numbers = column >= 0 && rows.filter(({ cells }) => !Number.isNaN(number(cells[column]))).length * 2 > rows.length;
      const compared = (one, other) => {
        if (column < 0) return one.order - other.order;
        const [a, b] = [one.cells[column], other.cells[column]];
        const missing = (text) => (numbers ? Number.isNaN(number(text)) : !text || text === "—");
        if (missing(a) || missing(b)) return missing(a) - missing(b) || one.order - other.order;
        const by = numbers ? number(a) - number(b) : a.localeCompare(b, "en", { numeric: true });
        return (down ? -by : by) || one.order - other.order;
      };
      body.append(...[...rows].sort(compared).map(({ row }) => row), nothing);
      headCells.forEach((head, at) => {
        if (at === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
    };
    headCells.forEach((head, column) => {
      const button = make("button", { type: "button" }, ...head.childNodes);
      button.addEventListener("click", () => {
        sorted = sorted.column !== column ? { column, down: false } : sorted.down ? { column: -1, down: false } : { column, down: true };
        sort();
        remember();
      });
      head.append(button);
    });

    // The address
    const remember = () => {
      const address = new URL(location.href);
      const put = (key, value) => (value ? address.searchParams.set(key, value) : address.searchParams.delete(key));
      put(name("q"), search.value.trim());
      chosen.forEach(({ key, select }) => put(key, select.value));
      put(name("sort"), sorted.column < 0 ? "" : `${sorted.down ? "-" : ""}${sorted.column}`);
      try { history.replaceState(history.state, "", address); } catch { /* a page without an address of its own */ }
    };
    const recall = () => {
      const asked = new URLSearchParams(location.search);
      search.value = asked.get(name("q")) ?? "";
      chosen.forEach(({ key, select }) => {
        if ([...select.options].some(({ value }) => value === asked.get(key))) select.value = asked.get(key);
      });
      const by = asked.get(name("sort")) ?? "", column = Number(by.replace("-", ""));
      if (by && headCells[column]) sorted = { column, down: by.startsWith("-") };
    };

    const apply = () => {
      const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const { row, text, cells } of rows) {
        const fits = words.every((word) => text.includes(word)) &&
          chosen.every(({ column, select }) => !select.value || cells[column] === select.value);
        row.hidden = !fits;
        shown += fits;
      }
      nothing.hidden = shown > 0;
      count.textContent = `${shown} of ${rows.length} rows`;
    };
    const changed = () => { apply(); remember(); };
    bar.addEventListener("input", changed);
    bar.addEventListener("submit", (event) => event.preventDefault());
    bar.addEventListener("reset", () => setTimeout(() => { sorted = { column: -1, down: false }; sort(); changed(); }));
    box.prepend(bar);
    recall();
    sort();
    apply();
  });
})();
