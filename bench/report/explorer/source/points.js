// From rows to what a picture draws: the points of series, and which rows are in view.

import { isContinuous } from "./scales.js";

const UNKNOWN = -1;
/** A case differs in these from another one that is no neighbour on a line. */
const CONDITIONS = ["device", "precision", "layout", "threads", "cache", "data", "malloc", "tuning"];

/** The rows with a place: with `hold` those on the baseline of every axis that the picture does not use. */
export function onBaseline(run, choices, rows) {
  const places = placer(run, usedBy(run, choices).used, choices.hold);
  return rows.filter((row) => places(row).length);
}

/** The rows whose numbers are inside the zoom. */
export function insideZoom(run, choices, rows) {
  if (!choices.zoom) return rows;
  const { x, y } = usedBy(run, choices);
  const [x0, x1, y0, y1] = choices.zoom;
  const isInside = (column, row, low, high) => {
    if (!isContinuous(column)) return true;
    const value = column.get(row);
    // Of a case that lies on an axis several times the first place counts.
    const number = typeof value === "string" ? Number(value.split(" = ")[0]) : value;
    return number !== null && number >= low && number <= high;
  };
  return rows.filter((row) => isInside(x, row, x0, x1) && isInside(y, row, y0, y1));
}

/** The points of the rows: each with its row, its place, its ends, its colour, its facet and its line. */
export function pointsOf(run, choices, rows) {
  const { x, y, colour, facet, used } = usedBy(run, choices);
  const places = placer(run, used, choices.hold);
  const lineOf = liner(run, x);
  // Joules of two sources are never in one series.
  const sources = x.energy || y.energy ? run.columns.get("energy_source") : null;
  const points = [];
  for (const row of rows) {
    for (const place of places(row)) {
      const value = (column) => (column === null ? null : column.kind === "axis" ? axisValue(column, place) : column.get(row));
      const [px, py] = [value(x), value(y)];
      if (px === null || py === null) continue;
      const group = value(colour), panel = value(facet), source = sources?.get(row) ?? "";
      points.push({
        row, group, panel, source,
        // A range has two ends and nothing between them.
        x: x.isRange ? null : px, y: y.isRange ? null : py,
        low: y.low?.(row) ?? null, high: y.high?.(row) ?? null,
        xLow: x.low?.(row) ?? null, xHigh: x.high?.(row) ?? null,
        line: `${group}\n${panel}\n${source}\n${lineOf(row, place)}`,
      });
    }
  }
  return points;
}

function usedBy(run, choices) {
  const [x, y, colour, facet] = ["x", "y", "colour", "facet"].map((key) => run.columns.get(choices[key]) ?? null);
  return { x, y, colour, facet, used: [...new Set([x, y, colour, facet].filter((column) => column?.kind === "axis"))] };
}

/** A function that gives the places of a row that the picture tells apart; the same for all rows of a case. */
function placer(run, used, hold) {
  if (!run.axes.length) return () => [null];
  const isUsed = new Set(used.map((column) => column.index));
  const baseline = run.axes.map((axis) => axis.values.indexOf(axis.baseline));
  const known = new Map();
  return (row) => {
    const key = run.caseOf[row];
    if (!known.has(key)) known.set(key, found(run.places(row)));
    return known.get(key);
  };

  function found(places) {
    if (hold) places = places.filter((place) => place.every((code, index) => isUsed.has(index) || code === baseline[index]));
    else if (!places.length) return [null];
    const seen = new Map();
    for (const place of places) seen.set(used.map((column) => place[column.index]).join(), place);
    return [...seen.values()];
  }
}

/** A function that names the line of a row: what is fixed in its case besides x. */
function liner(run, x) {
  const conditions = CONDITIONS.map((key) => run.columns.get(key)).filter(Boolean);
  // Without axes all sizes but x must agree.
  const sizes = run.axes.length ? [] : [...run.columns.values()].filter((one) => one.ofCase && one.key !== x.key && one.kind === "number");
  // Names are long and compared ten thousand times: each has a number.
  const known = new Map(), numbers = new Map();
  return (row, place) => {
    const key = run.caseOf[row];
    if (!known.has(key)) {
      const fixed = x.kind === "axis" ? run.rest[x.index][key] : "";
      const name = [fixed, ...[...conditions, ...sizes].map((column) => column.get(row))].join("\n");
      if (!numbers.has(name)) numbers.set(name, numbers.size);
      known.set(key, numbers.get(name));
    }
    const others = (place ?? []).filter((_, index) => x.kind !== "axis" || index !== x.index);
    return `${known.get(key)}:${others.join()}`;
  };
}

function axisValue(column, place) {
  const code = place ? place[column.index] : UNKNOWN;
  if (code === UNKNOWN) return null;
  return column.isNumber ? Number(column.values[code]) : column.values[code];
}
