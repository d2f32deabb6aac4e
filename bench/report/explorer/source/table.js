// The table of every row: sorted, searched, paged, with the columns that the reader wants.

import { AXIS } from "./data.js";
import { PAGE_SIZES } from "./choices.js";
import { box, button, make, select } from "./dom.js";
import { saveCsv } from "./downloads.js";
import { cell } from "./format.js";
import { inOrder, searcher } from "./rows.js";

const WAIT_MS = 150;

/** Makes the table once; `renew(choices, rows)` shows the rows that pass the filters. */
export function makeTable(holder, run, choose) {
  const search = searcher(run);
  let wait = 0, shown = [], columns = [];
  const find = make("input", {
    type: "search", "aria-label": "search all rows", placeholder: "search: words of any column",
    oninput: () => {
      clearTimeout(wait);
      wait = setTimeout(() => choose({ find: find.value, page: 1 }), WAIT_MS);
    },
  });
  const picker = columnPicker(run, choose);
  const csv = button("CSV of these rows", () => saveCsv(`${run.name}-rows`, run, columns, shown));
  const size = make("span", { class: "sizes" });
  const head = make("thead"), body = make("tbody");
  const caption = make("caption", { class: "hidden" }, "Every row of the run");
  const grid = make("div", { class: "grid", tabindex: "0", role: "region", "aria-label": "every row of the run" }, make("table", {}, caption, head, body));
  const count = make("p", { class: "count", role: "status" });
  const pages = make("div", { class: "pages", role: "group", "aria-label": "pages of the table" });
  holder.replaceChildren(make("div", { class: "bar" }, find, csv, size), picker.element, count, grid, pages);

  return { renew };

  function renew(choices, rows) {
    if (document.activeElement !== find) find.value = choices.find;
    columns = choices.cols.map((key) => run.columns.get(key));
    shown = inOrder(run.columns.get(choices.sort), search(rows, choices.find), choices.down);
    const last = Math.max(1, Math.ceil(shown.length / choices.size));
    const page = Math.min(choices.page, last);
    picker.renew(choices);
    drawHead(choices);
    const start = (page - 1) * choices.size;
    body.replaceChildren(...shown.slice(start, start + choices.size).map(line));
    count.textContent = shown.length ? `Rows ${(start + 1).toLocaleString("en")} to ${Math.min(start + choices.size, shown.length).toLocaleString("en")} of ${shown.length.toLocaleString("en")}` : "No row has these words and passes the filters.";
    size.replaceChildren(select("rows a page", [["", PAGE_SIZES.map((each) => [String(each), String(each)])]], String(choices.size), (each) => choose({ size: Number(each), page: 1 })));
    drawPages(page, last);
  }

  function drawHead(choices) {
    const focused = document.activeElement?.dataset?.sort;
    const cells = columns.map((column) => {
      const isSorted = choices.sort === column.key;
      const press = () => choose(isSorted && choices.down ? { sort: "", down: false, page: 1 } : { sort: column.key, down: isSorted, page: 1 });
      const mark = isSorted ? (choices.down ? " ↓" : " ↑") : "";
      return make("th", { scope: "col", class: sideOf(column), "aria-sort": isSorted ? (choices.down ? "descending" : "ascending") : null, title: column.meaning },
        button(`${column.label}${mark}`, press, { "data-sort": column.key }));
    });
    head.replaceChildren(make("tr", {}, ...cells, make("th", { scope: "col" }, "measure again")));
    if (focused) head.querySelector(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
  }

  function line(row) {
    const cells = columns.map((column, index) => {
      const look = [sideOf(column), column.energy && column.get(row) !== null ? `joules-${column.energy}` : ""].filter(Boolean).join(" ");
      return make(index ? "td" : "th", { class: look || null, scope: index ? null : "row" }, cell(column, row));
    });
    return make("tr", {}, ...cells, make("td", {}, make("code", {}, run.command(row))));
  }

  function drawPages(page, last) {
    const focused = document.activeElement?.dataset?.page;
    const to = (text, target, name) => button(text, () => choose({ page: target }), { disabled: target < 1 || target > last || target === page, "data-page": name });
    pages.replaceChildren(to("First", 1, "first"), to("Back", page - 1, "back"), make("span", {}, `page ${page} of ${last}`), to("Next", page + 1, "next"), to("Last", last, "last"));
    if (focused) (pages.querySelector(`[data-page="${focused}"]:enabled`) ?? pages.querySelector("button:enabled"))?.focus();
  }
}

function sideOf(column) {
  return column.kind === "number" || column.isNumber ? "r" : "";
}

/** A list of boxes, one a column; a column that is added stands where it stands in the list. */
function columnPicker(run, choose) {
  const order = [...run.columns.keys()];
  let chosen = [];
  const boxes = [...run.columns.values()].map((column) => {
    const made = box(column.label, false, (isOn) => {
      const wanted = new Set(chosen);
      if (isOn) wanted.add(column.key);
      else wanted.delete(column.key);
      const cols = [...chosen.filter((key) => wanted.has(key)), ...order.filter((key) => wanted.has(key) && !chosen.includes(key))];
      if (cols.length) choose({ cols: Object.freeze(cols) });
      else made.firstChild.checked = true;
    });
    made.title = column.meaning || column.key.replace(AXIS, "");
    return [column.key, made];
  });
  return {
    element: make("details", { class: "filter wide" }, make("summary", {}, "Columns"), make("div", { class: "boxes", role: "group", "aria-label": "columns of the table" }, ...boxes.map(([, made]) => made))),
    renew: (choices) => {
      chosen = choices.cols;
      for (const [key, made] of boxes) made.firstChild.checked = chosen.includes(key);
    },
  };
}
