// What a picture shows, before a pen draws it: points or cells, panels, scales and looks.

import { extent } from "d3-array";
import { cellsOf, countsOf } from "./cells.js";
import { sorted } from "./data.js";
import { energyOf, looksOf, ramp } from "./looks.js";
import { insideZoom, onBaseline, pointsOf } from "./points.js";
import { continuous, isContinuous, places } from "./scales.js";

/** More panels than these are too small to read. */
export const MOST_PANELS = 24;
/** With more groups than this a number is shown by a range of colours, with fewer by colours of their own. */
const MOST_GROUPS = 12;
const WIDE = 10;

/** The content of a picture; `message` says what is missing, where there is nothing to draw or not all. */
export function sceneOf(run, choices, rows, ground) {
  let view = onBaseline(run, choices, rows);
  const [x, y] = [run.columns.get(choices.x), run.columns.get(choices.y)];
  if (view.length > run.mostPoints && choices.kind !== "heat") {
    view = insideZoom(run, choices, view);
    const counts = view.length > run.mostPoints ? countsOf(run, choices, view) : [];
    if (counts.length) return finished({ mode: "counts", items: counts, panels: [null], rows: view, shade: shadeOf(counts.map((one) => one.count), "") });
  }
  const points = pointsOf(run, choices, view);
  if (choices.kind === "heat") {
    const items = cellsOf(run, choices, points);
    const colour = run.columns.get(choices.colour);
    return finished({ mode: "cells", items, panels: panelsOf(items), rows: items.flatMap((one) => one.rows), shade: shadeOf(items.map((one) => one.value), colour.energy) });
  }
  const colour = run.columns.get(choices.colour);
  const names = [...new Set(points.map((point) => point.group))];
  const isShaded = colour?.kind === "number" && names.length > MOST_GROUPS;
  return finished({
    mode: "points", items: points, panels: panelsOf(points),
    // Lines go on to points outside of the zoom, which are not shown.
    rows: points.filter(isShown).map((one) => one.row),
    shade: isShaded ? shadeOf(names.filter((name) => name !== null), energyOf(run, choices) || colour.energy) : null,
    looks: isShaded ? null : looksOf(run, choices, names, ground),
    lines: choices.kind === "line" && !isShaded && !x.isRange && !y.isRange ? linesOf(points) : [],
  });

  function panelsOf(items) {
    const facet = run.columns.get(choices.facet);
    const values = [...new Set(items.map((item) => item.panel))];
    if (!facet) return [null];
    const named = values.filter((value) => value !== null);
    const order = facet.kind === "axis" && facet.isNumber ? named.sort((a, b) => a - b) : sorted(facet, named);
    return values.includes(null) ? [...order, null] : order;
  }

  function isShown(point) {
    const [x0, x1, y0, y1] = choices.zoom ?? [];
    const isInside = (column, value, low, high) => !isContinuous(column) || value === null || (value >= low && value <= high);
    return !choices.zoom || (isInside(x, point.x, x0, x1) && isInside(y, point.y, y0, y1));
  }

  function finished(scene) {
    const shown = scene.panels.slice(0, MOST_PANELS);
    const message = !scene.rows.length ? nothing(run, choices, rows, x, y)
      : scene.mode === "counts" ? `${scene.rows.length.toLocaleString("en")} rows: colours tell how many are where. Zoom in or filter to see single rows.`
      : scene.panels.length > MOST_PANELS ? `The first ${MOST_PANELS} of ${scene.panels.length} panels.` : "";
    return { lines: [], looks: null, shade: null, ...scene, panels: shown, message, x, y, isContinuousX: place(x), isContinuousY: place(y) };
  }

  // Cells stand side by side, whatever the distance of their numbers.
  function place(column) {
    return isContinuous(column) && choices.kind !== "heat";
  }
}

/** The scales of a picture whose panels have this size. */
export function scalesOf(scene, choices, width, height) {
  const zoom = choices.zoom;
  const side = (column, isOn, key, ends, isLog, range, part) => {
    const values = [];
    for (const item of scene.items) {
      for (const name of [key, ...ends]) {
        const value = item[name];
        if (Array.isArray(value)) values.push(...value);
        else if (value !== null && value !== undefined && (name === key || choices.whiskers || column.isRange)) values.push(value);
      }
    }
    return isOn ? continuous(values, { isLog, zoom: part, range, unit: column.unit, own: column.kind === "axis" ? column.values.map(Number) : [] }) : places(column, scene.items.map((item) => item[key]), { range });
  };
  return {
    x: side(scene.x, scene.isContinuousX, "x", ["xLow", "xHigh", "xEnds"], choices.logx, [0, width], zoom && zoom.slice(0, 2)),
    // Names are read from the top, numbers grow upwards.
    y: side(scene.y, scene.isContinuousY, "y", ["low", "high", "yEnds"], choices.logy, scene.y.kind === "text" ? [0, height] : [height, 0], zoom && zoom.slice(2)),
  };
}

/** The points of each line, by x. */
function linesOf(points) {
  const lines = new Map();
  for (const point of points) {
    if (lines.has(point.line)) lines.get(point.line).push(point);
    else lines.set(point.line, [point]);
  }
  for (const line of lines.values()) line.sort((a, b) => (a.x < b.x ? -1 : a.x > b.x ? 1 : 0));
  return [...lines.values()];
}

/** Colours of numbers: by their logarithm where they are positive and span much. */
function shadeOf(values, energy) {
  const [low, high] = extent(values);
  const isLog = low > 0 && high / low > WIDE;
  const size = isLog ? (value) => Math.log(value) : (value) => value;
  const colours = ramp(energy);
  const share = (value) => (high > low ? (size(value) - size(low)) / (size(high) - size(low)) : 0.5);
  return {
    low, high,
    colour: (value) => (value === null ? "#999999" : colours(share(value))),
    at: (part) => (isLog ? Math.exp(size(low) + part * (size(high) - size(low))) : low + part * (high - low)),
  };
}

function nothing(run, choices, rows, x, y) {
  if (!rows.length) return "No row passes the filters. Remove some of them.";
  if (x.energy && y.energy && x.energy !== y.energy) return "A row has one kind of energy only, so no point can have both. Choose another x or y.";
  const has = (column) => rows.some((row) => column.get(row) !== null);
  for (const column of [x, y]) if (!has(column)) return `No row shown has a value of ${column.label}: it was not measured, or failed.`;
  if (choices.zoom) return "No row is inside the zoom. Show the whole.";
  if (choices.hold) return "No row is at the baseline of all other axes. Show rows off the baseline, too.";
  return "No row shown has both x and y.";
}
