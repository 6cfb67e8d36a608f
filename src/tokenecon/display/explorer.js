// Price against capability, drawn again for each mix, day, test and country that a reader chooses. Prices, scores,
// medians and intervals were computed when the report was built and stand in the page; nothing is fetched.
(() => {
  "use strict";
  const block = document.currentScript.parentElement;
  const [twin, live] = [".twin", ".live"].map((name) => block.querySelector(name) ?? block.querySelector(".figure-box"));
  const data = JSON.parse(block.querySelector('script[type="application/json"]').textContent);
  const [ONE, OTHER] = [0, 1];
  const TICKS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
  const SHAPES = {
    o: "M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0", s: "M-3.6,-3.6h7.2v7.2h-7.2z", D: "M0,-4.8L4.8,0L0,4.8L-4.8,0z",
    "^": "M0,-4.6L4.4,3.4H-4.4z", v: "M0,4.6L4.4,-3.4H-4.4z",
    P: "M-1.5,-4.4h3v2.9h2.9v3h-2.9v2.9h-3v-2.9h-2.9v-3h2.9z",
    X: "M2,-4.2L4.2,-2L2.1,0L4.2,2L2,4.2L0,2.1L-2,4.2L-4.2,2L-2.1,0L-4.2,-2L-2,-4.2L0,-2.1z",
    "*": "M0,-5.2L1.2,-1.6H5L1.9,.6L3.1,4.2L0,2L-3.1,4.2L-1.9,.6L-5,-1.6H-1.2z",
    p: "M0,-4.6L4.4,-1.4L2.7,3.7H-2.7L-4.4,-1.4z", h: "M0,-4.6L4,-2.3V2.3L0,4.6L-4,2.3V-2.3z",
  };
  const REACH = 24;

  const AGES = [0, 3, 6, 12, 24];
  const chosen = { shown: data.groups.map(() => true), age: 0 };
  [chosen.test, chosen.mix, chosen.day] = data.opening;

  // Elements --------------------------------------------------------------------------------------------------------

  const build = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const html = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
  const svg = (tag, attributes = {}, ...children) =>
    build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const mark = (group) => svg("path", { d: SHAPES[data.groups[group].shape], class: "mark" });
  const coloured = (group) => ({ style: `--colour: ${data.groups[group].colour}` });

  // Words -----------------------------------------------------------------------------------------------------------

  const day = (iso) =>
    new Date(`${iso}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const money = (value) => (value < 0.1 ? value.toPrecision(2) : value.toFixed(2));
  const score = (value) => (data.tests[chosen.test].percent ? `${(100 * value).toFixed(1)}%` : value.toFixed(1));
  const counted = (n) => `${n} ${n === 1 ? "model" : "models"}`;
  const mixed = (mix) => `${data.mixes[mix]}:1`;

  const ofGroup = (group, [n, median, low, high]) => {
    const { name } = data.groups[group];
    if (!n) return `${name}: no model.`;
    if (!data.groups[group].short) return `${name}: ${counted(n)}.`;
    const interval = low === null ? "too few for an interval" : `95% interval ${money(low)} to ${money(high)}`;
    return `${name}: ${counted(n)}, median ${money(median)} dollars (${interval}).`;
  };

  const finding = (numbers) => {
    const compared = [ONE, OTHER].filter((group) => chosen.shown[group]);
    if (!compared.length) {
      return chosen.shown.some(Boolean) ? `Choose ${data.groups[ONE].name}, ${data.groups[OTHER].name} or both for a median` : "No country is chosen";
    }
    const without = compared.filter((group) => !numbers[group][0]);
    if (without.length) {
      return `No list price is known of a scored model from ${without.map((group) => data.groups[group].name).join(" or ")}`;
    }
    if (compared.length === 1) {
      const [group] = compared;
      return `The median ${data.groups[group].adjective} model lists at ${money(numbers[group][1])} dollars`;
    }
    const ratio = numbers[ONE][1] / numbers[OTHER][1];
    const [own, other] = [ONE, OTHER].map((group) => data.groups[group].adjective);
    return `The median ${own} model lists at ${(100 * ratio).toFixed(0)}% of the median ${other} model’s price`;
  };

  // Numbers of models of an age, which the build did not compute: a median between two order statistics, by the sign
  // test, as the analysis has it. Without an age the numbers are those of the build.

  const LEVEL = 0.95;
  const summary = (values) => {
    const n = values.length, sorted = [...values].sort((one, other) => one - other);
    if (!n) return [0, null, null, null];
    const median = n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    let chance = 0.5 ** n, below = chance, first = 0;
    while (below < (1 - LEVEL) / 2) {
      first += 1;
      chance *= (n - first + 1) / first;
      below += chance;
    }
    return first ? [n, median, sorted[first - 1], sorted[n - first]] : [n, median, null, null];
  };
  const monthsBefore = (iso, months) => {
    const [year, month, date] = iso.split("-").map(Number), last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
    return new Date(Date.UTC(year, month - 1 - months, Math.min(date, last))).toISOString().slice(0, 10);
  };
  const numbersInView = () => {
    if (!chosen.age) return data.views[chosen.test][chosen.mix][chosen.day][0];
    return data.groups.map((_, group) =>
      summary(ofAge().filter(({ model }) => data.models[model][2] === group).map(({ price }) => price)));
  };

  // The address ------------------------------------------------------------------------------------------------------

  const KEYS = ["test", "mix", "day", "age", "from"].map((name) => `price-${name}`);
  const told = () => [
    data.tests[chosen.test].name, String(data.mixes[chosen.mix]), data.days[chosen.day], String(chosen.age),
    chosen.shown.map((on, group) => (on ? group : "")).join(""),
  ];
  const opened = () => [...data.opening.map((place, kind) =>
    kind === 0 ? data.tests[place].name : kind === 1 ? String(data.mixes[place]) : data.days[place]), "0",
  data.groups.map((_, group) => group).join("")];
  const remember = () => {
    const address = new URL(location.href), start = opened();
    told().forEach((value, place) => (value === start[place] ? address.searchParams.delete(KEYS[place]) : address.searchParams.set(KEYS[place], value)));
    try { history.replaceState(history.state, "", address); } catch { /* a page without an address of its own */ }
  };
  const recall = () => {
    const asked = new URLSearchParams(location.search), [test, mix, on, age, from] = KEYS.map((key) => asked.get(key));
    const found = (list, value) => (value === null ? -1 : list.findIndex((one) => String(one) === value));
    const places = [found(data.tests.map(({ name }) => name), test), found(data.mixes, mix), found(data.days, on), found(AGES, age)];
    if (places[0] >= 0) [chosen.test] = places;
    if (places[1] >= 0) chosen.mix = places[1];
    if (places[2] >= 0) chosen.day = places[2];
    if (places[3] >= 0) chosen.age = AGES[places[3]];
    if (from !== null) chosen.shown = data.groups.map((_, group) => from.includes(String(group)));
  };
  recall();

  // Controls --------------------------------------------------------------------------------------------------------

  const root = live.attachShadow({ mode: "open" });
  const controls = html("form", { class: "controls", "aria-label": "Choose what the picture shows" });
  const title = html("p", { class: "title" });
  const plot = html("div", { class: "plot" });
  const status = html("p", { role: "status" });
  const key = html("p", { class: "key" });
  root.append(html("style", {}, data.style), controls, title, plot, status, key);
  controls.addEventListener("submit", (event) => event.preventDefault());

  const choice = (type, checked, ...label) => {
    const input = html("input", { type });
    input.checked = checked;
    return [input, html("label", {}, input, ...label)];
  };

  const mixes = html("fieldset", {}, html("legend", {}, "Input to output tokens"));
  data.mixes.forEach((_, mix) => {
    const [input, label] = choice("radio", mix === chosen.mix, mixed(mix));
    input.name = "mix";
    input.addEventListener("change", () => { chosen.mix = mix; redraw(); });
    mixes.append(label);
  });

  const groups = html("fieldset", { class: "across" }, html("legend", {}, "Models from"));
  data.groups.forEach(({ name }, group) => {
    const icon = svg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true", ...coloured(group) }, mark(group));
    const [input, label] = choice("checkbox", chosen.shown[group], icon, name);
    input.addEventListener("change", () => { chosen.shown[group] = input.checked; redraw(); });
    groups.append(label);
  });

  const tests = html("select", {}, ...data.tests.map(({ name }, test) => html("option", { value: test }, name)));
  tests.value = chosen.test;
  tests.addEventListener("change", () => { chosen.test = Number(tests.value); redraw(); });

  const ages = html("select", {}, ...AGES.map((months) =>
    html("option", { value: months }, months ? `the last ${months} months` : "any time")));
  ages.value = chosen.age;
  ages.addEventListener("change", () => { chosen.age = Number(ages.value); redraw(); });

  const chosenDay = html("output");
  const slider = html("input", { type: "range", min: 0, max: data.days.length - 1, step: 1, "aria-label": "Prices on" });
  slider.value = chosen.day;
  slider.addEventListener("input", () => { chosen.day = Number(slider.value); redraw(); });

  controls.append(
    html("div", { class: "row" }, html("span", { class: "legend", "aria-hidden": "true" }, "Prices on ", chosenDay), slider),
    html("label", { class: "row" }, html("span", { class: "legend" }, "Capability measured by"), tests),
    html("label", { class: "row" }, html("span", { class: "legend" }, "Models released within"), ages),
    mixes, groups,
  );

  // Picture ---------------------------------------------------------------------------------------------------------

  const layers = ["grid", "medians", "names", "points"].map((name) => svg("g", { class: name }));
  const [grid, medians, names, points] = layers;
  [grid, medians, names].forEach((layer) => layer.setAttribute("aria-hidden", "true"));
  const picture = svg("svg", { role: "group" }, ...layers);
  const tip = html("div", { class: "tip", "aria-hidden": "true", hidden: "" });
  plot.append(picture, tip);
  const drawn = new Map();
  let view = [], frame, active = null;

  const measure = () => {
    const width = Math.max(260, plot.clientWidth), height = Math.round(Math.min(470, Math.max(320, width * 0.62)));
    const [left, right, top, bottom] = [34, 62, 26, height - 40];
    const [low, high] = data.tests[chosen.test].range, [cheap, dear] = data.range.map(Math.log);
    return {
      width, height, left, right: width - right, top, bottom,
      x: (value) => left + ((value - low) / (high - low)) * (width - right - left),
      y: (price) => bottom - ((Math.log(price) - cheap) / (dear - cheap)) * (bottom - top),
    };
  };

  const ofAge = () => {
    const earliest = chosen.age ? monthsBefore(data.days[chosen.day], chosen.age) : "";
    const prices = new Map();
    for (const [model, first, last, price] of data.prices[chosen.mix]) {
      if (first <= chosen.day && chosen.day <= last) prices.set(model, price);
    }
    return data.tests[chosen.test].scores
      .filter(([model]) => prices.has(model) && data.models[model][3] >= earliest)
      .map(([model, value, estimated]) => ({ model, score: value, price: prices.get(model), estimated: Boolean(estimated) }))
      .sort((one, other) => one.score - other.score || one.price - other.price);
  };
  const inView = () => ofAge().filter(({ model }) => chosen.shown[data.models[model][2]]);

  const steps = (low, high) => {
    const rough = (high - low) / Math.max(3, (frame.right - frame.left) / 50), unit = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough);
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(Number(at.toPrecision(12)));
    return found;
  };

  const drawGrid = () => {
    const { name, percent, scored, range } = data.tests[chosen.test];
    const text = (words, x, y, anchor) => svg("text", { x, y, "text-anchor": anchor }, words);
    grid.replaceChildren(
      ...TICKS.filter((price) => data.range[0] <= price && price <= data.range[1]).flatMap((price) => [
        svg("line", { x1: frame.left, x2: frame.right, y1: frame.y(price), y2: frame.y(price) }),
        text(String(price), frame.left - 6, frame.y(price) + 4, "end"),
      ]),
      ...steps(...range).map((value) =>
        text(percent ? `${Math.round(100 * value)}%` : String(value), frame.x(value), frame.bottom + 16, "middle")),
      text("Dollars per million tokens, log scale", 0, 12, "start"),
      text(frame.width < 560 ? name : `${name}, scores of ${day(scored)}`, (frame.left + frame.right) / 2, frame.height - 6, "middle"),
    );
  };

  const inPicture = (numbers) => [ONE, OTHER].filter((group) => chosen.shown[group] && numbers[group][0]);

  const drawMedians = (numbers) => {
    const higher = numbers[ONE][1] > numbers[OTHER][1] ? ONE : OTHER;
    medians.replaceChildren(...inPicture(numbers).map((group) => {
      const [n, median, low, high] = numbers[group], at = frame.y(median), width = frame.right - frame.left;
      const layer = svg("g", coloured(group), svg("line", { x1: frame.left, x2: frame.right, y1: at, y2: at, class: `line-${group}` }));
      if (low !== null) {
        layer.append(svg("rect", { x: frame.left, y: frame.y(high), width, height: frame.y(low) - frame.y(high) }));
      }
      // The text of the higher median ends at its line, that of the other begins there: they cannot meet.
      const first = group === higher ? at - 24 : at + 8;
      [data.groups[group].short, money(median), `n = ${n}`].forEach((words, line) =>
        layer.append(svg("text", { x: frame.right + 6, y: first + 14 * line }, words)));
      return layer;
    }));
  };

  const drawPoints = () => {
    const kept = new Set(view.map(({ model }) => model));
    for (const [model, { element }] of drawn) {
      if (!kept.has(model)) { element.remove(); drawn.delete(model); }
    }
    for (const point of view) {
      const { model, price, estimated } = point, [name, vendor, group] = data.models[model];
      const known = drawn.get(model);
      const element = known ? known.element : svg("g", { role: "img", "data-model": name, ...coloured(group) }, mark(group));
      if (!known) points.append(element);
      element.setAttribute("tabindex", -1);
      element.setAttribute("class", `point group-${group}${estimated ? " estimated" : ""}`);
      element.setAttribute("aria-label",
        `${name}, ${vendor}: ${money(price)} dollars per million tokens, score ${score(point.score)}${estimated ? ", estimated" : ""}`);
      [point.x, point.y] = [frame.x(point.score), frame.y(price)];
      element.style.transform = `translate(${point.x.toFixed(1)}px, ${point.y.toFixed(1)}px)`;
      drawn.set(model, { element, point });
    }
    if (view.length) drawn.get(view.at(-1).model).element.setAttribute("tabindex", 0);
  };

  // A name stands beside its point where it covers no other point, no other name and no median.
  const drawNames = (wanted, numbers) => {
    names.replaceChildren();
    const taken = [
      ...view.map(({ x, y }) => [x - 4, y - 4, x + 4, y + 4]),
      ...inPicture(numbers).map((group) => frame.y(numbers[group][1])).map((y) => [frame.left, y - 1, frame.right, y + 1]),
    ];
    const free = ([x0, y0, x1, y1]) => x0 >= frame.left && x1 <= frame.right + 4 && y0 >= frame.top - 8 && y1 <= frame.bottom
      && !taken.some(([left, top, right, bottom]) => x0 < right && left < x1 && y0 < bottom && top < y1);
    for (const model of wanted) {
      const found = drawn.get(model);
      if (!found) continue;
      const { x, y } = found.point, text = svg("text", {}, data.models[model][0]);
      names.append(text);
      const width = text.getComputedTextLength();
      const corner = [[x + 7, y - 6], [x - 7 - width, y - 6], [x - width / 2, y - 18], [x - width / 2, y + 6],
        [x + 5, y - 16], [x + 5, y + 4], [x - 5 - width, y - 16], [x - 5 - width, y + 4]]
        .find(([left, top]) => free([left, top, left + width, top + 12]));
      if (!corner) { text.remove(); continue; }
      text.setAttribute("x", corner[0]);
      text.setAttribute("y", corner[1] + 10);
      taken.push([corner[0], corner[1], corner[0] + width, corner[1] + 12]);
    }
  };

  const draw = () => {
    const wanted = data.views[chosen.test][chosen.mix][chosen.day][1], numbers = numbersInView();
    const { name, scored, scores } = data.tests[chosen.test];
    hide();
    frame = measure();
    view = inView();
    picture.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
    picture.setAttribute("height", frame.height);
    chosenDay.value = day(data.days[chosen.day]);
    slider.setAttribute("aria-valuetext", chosenDay.value);
    drawGrid();
    drawMedians(numbers);
    drawPoints();
    drawNames(wanted, numbers);
    title.textContent = finding(numbers);
    const said = numbers.flatMap((group, number) => (chosen.shown[number] ? [ofGroup(number, group)] : []));
    const age = chosen.age ? `, released within ${chosen.age} months` : "";
    status.textContent = `${chosenDay.value}, ${mixed(chosen.mix)} input to output, ${name} (scores of ${day(scored)})${age}: `
      + `${counted(view.length)}. ${said.join(" ")}`;
    picture.setAttribute("aria-label", `Scatter plot of list price, on a log scale, against ${name}: ${counted(view.length)}`);
    key.textContent = "Shaded: 95% interval of a median. "
      + (scores.some(([, , estimated]) => estimated) ? "Hollow: score estimated by its publisher. " : "");
    const hint = Object.assign(document.createElement("span"), { className: "hint" });
    hint.textContent = "Point at a model, tap it, or use the arrow keys, to read its price and score.";
    key.append(hint);
  };

  const redraw = () => { draw(); remember(); };

  // Reading a point -------------------------------------------------------------------------------------------------

  const ground = () => {
    for (let at = block; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour && colour !== "transparent" && !colour.endsWith(", 0)")) return colour;
    }
    return "Canvas";
  };

  const hide = () => {
    tip.hidden = true;
    if (active) active.classList.remove("active");
    active = null;
  };

  const show = ({ model, x, y, price, estimated, score: value }) => {
    const [name, vendor, group, released] = data.models[model], { element } = drawn.get(model);
    if (active === element) return;
    hide();
    active = element;
    element.classList.add("active");
    tip.replaceChildren(
      html("b", {}, name),
      html("span", {}, `${vendor}, ${data.groups[group].short || data.groups[group].name}`),
      html("span", {}, `${money(price)} dollars per million tokens`),
      html("span", {}, `Score ${score(value)}${estimated ? ", estimated" : ""}`),
      html("span", {}, `Released ${day(released)}`),
    );
    tip.style.setProperty("--ground", ground());
    tip.hidden = false;
    const scale = picture.clientWidth / frame.width;
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const above = y * scale - height - 12;
    tip.style.left = `${Math.max(0, Math.min(plot.clientWidth - width, x * scale - width / 2))}px`;
    tip.style.top = `${above >= 0 ? above : y * scale + 12}px`;
  };

  const nearest = (event) => {
    const box = picture.getBoundingClientRect(), scale = frame.width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    const distance = (point) => Math.hypot(point.x - x, point.y - y);
    const best = view.reduce((one, other) => (one && distance(one) <= distance(other) ? one : other), null);
    return best && distance(best) <= REACH ? best : null;
  };
  const follow = (event) => {
    const point = nearest(event);
    if (point) show(point);
    else hide();
  };
  picture.addEventListener("pointermove", follow);
  picture.addEventListener("pointerdown", follow);
  picture.addEventListener("pointerleave", hide);

  // Chromium lets the Tab key stop at an SVG element that listens for focus: the element around it does.
  const pointOf = (element) => view.find(({ model }) => drawn.get(model).element === element);
  plot.addEventListener("focusin", (event) => show(pointOf(event.target)));
  plot.addEventListener("focusout", hide);

  const byPrice = () => [...view].sort((one, other) => one.price - other.price || one.score - other.score);
  const MOVES = {
    ArrowRight: [() => view, 1], ArrowLeft: [() => view, -1], ArrowUp: [byPrice, 1], ArrowDown: [byPrice, -1],
    Home: [() => view, -Infinity], End: [() => view, Infinity],
  };
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (!MOVES[event.key]) return;
    event.preventDefault();
    const [list, by] = MOVES[event.key], order = list();
    const to = Math.max(0, Math.min(order.length - 1, order.indexOf(pointOf(event.target)) + by));
    const next = drawn.get(order[to].model).element;
    event.target.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // Only what could be drawn takes the place of the finished picture.
  live.hidden = false;
  try {
    draw();
  } catch (error) {
    live.hidden = true;
    throw error;
  }
  twin.hidden = true;
  // The page's own title speaks of the view that opens; the live picture has one for each view.
  const figure = block.closest('[id^="fig-"]');
  for (const said of figure?.querySelectorAll(".figure-title, .figure-subtitle") ?? []) said.hidden = true;
  let width = plot.clientWidth;
  new ResizeObserver(() => {
    if (plot.clientWidth === width) return;
    width = plot.clientWidth;
    picture.classList.add("still");
    draw();
    requestAnimationFrame(() => picture.classList.remove("still"));
  }).observe(plot);
})();
