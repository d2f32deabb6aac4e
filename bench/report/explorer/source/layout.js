// Where the panels, labels and the legend of a picture are.

import { FONT } from "./pens.js";
import { withUnit } from "./format.js";

const PANEL_WIDTH = 290;
const ONE_HEIGHT = 420, SMALL_HEIGHT = 340, MANY_HEIGHT = 230;
const LEGEND_LINE = 20, GAP = 18;
const LONGEST = 22;

let measuring = null;

/** The places of everything in a picture of this width. */
export function layoutOf(run, choices, scene, width) {
  const names = (column, isContinuous, key) => (isContinuous ? [] : [...new Set(scene.items.map((item) => textOf(item[key], column)))]);
  const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
  const yNames = names(scene.y, scene.isContinuousY, "y").map(cut), xNames = names(scene.x, scene.isContinuousX, "x").map(cut);
  const left = Math.min(Math.max(56, ...yNames.map((text) => widthOf(text, 11) + 14)), width * 0.4);
  const count = Math.max(1, scene.panels.length);
  const columns = count === 1 ? 1 : Math.max(1, Math.min(count, Math.floor((width - left) / PANEL_WIDTH)));
  const rowCount = Math.ceil(count / columns);
  const panelWidth = Math.max(80, (width - left - 12 - (columns - 1) * GAP) / columns);
  const slot = panelWidth / Math.max(1, xNames.length);
  const longest = Math.max(0, ...xNames.map((text) => widthOf(text, 11)));
  const turn = xNames.length > 0 && longest > slot - 6;
  const bottom = 40 + (turn ? Math.min(longest * 0.6, 90) : 0);
  const high = count === 1 ? (width < 520 ? SMALL_HEIGHT : ONE_HEIGHT) : MANY_HEIGHT;
  const panelHeight = Math.max(high, yNames.length * 20);
  const top = count > 1 || scene.panels[0] !== null ? 46 : 30;
  const each = top + panelHeight + bottom;
  const facet = run.columns.get(choices.facet);
  const panels = scene.panels.map((value, index) => ({
    index, value, left: left + (index % columns) * (panelWidth + GAP), top: Math.floor(index / columns) * each + top,
    title: facet && scene.mode !== "counts" ? `${facet.label} ${value === null ? "none" : textOf(value, facet)}` : "",
    isFirst: index % columns === 0, isLast: true,
  }));
  const byValue = new Map(panels.map((panel) => [panel.value, panel]));
  const under = rowCount * each + 8;
  const legend = legendOf(run, choices, scene, width, left, under);
  const legendBottom = legend.length ? legend[legend.length - 1].y + LEGEND_LINE : under;
  const shade = { x: left, y: under + 18, width: Math.min(280, width - left - 12) };
  return {
    left, bottom, panels, panelWidth, panelHeight, turn, cut, legend, shade,
    height: Math.ceil(scene.shade ? shade.y + 34 : legendBottom),
    xLabel: labelOf(scene.x, scene, choices),
    yLabel: labelOf(scene.y, scene, choices),
    mostX: xNames.length ? Math.max(1, Math.floor(panelWidth / 16)) : Math.max(2, Math.floor(panelWidth / 62)),
    mostY: yNames.length ? Math.max(1, Math.floor(panelHeight / 14)) : Math.max(2, Math.floor(panelHeight / 36)),
    panelOf: (item) => byValue.get(scene.panels.length === 1 && scene.panels[0] === null ? null : item.panel),
    dodge: (index, series) => (index - (series - 1) / 2) * Math.min(7, 60 / series),
  };
}

/** The label of an axis: what is drawn, and what its whiskers are. */
function labelOf(column, scene, choices) {
  if (column.isRange) return `${column.label}: a range, no value`;
  if (!column.low || !choices.whiskers || scene.mode !== "points") return column.label;
  return `${column.label}, ${column.energy === "modelled" ? "range of the model" : "95 % interval"}`;
}

/** The value as a reader reads it. */
function textOf(value, column) {
  return typeof value === "number" ? withUnit(value, column.unit, 3) : String(value ?? "none");
}

/** Entries side by side, as many as fit in a line. */
function legendOf(run, choices, scene, width, left, top) {
  if (!scene.looks) return [];
  const colour = run.columns.get(choices.colour);
  const entries = [];
  let x = left, y = top + 10;
  for (const name of scene.looks.keys()) {
    const text = colour.kind === "text" ? String(name ?? "none") : `${colour.label} ${textOf(name, colour)}`;
    const long = 26 + widthOf(text, 12) + GAP;
    if (x > left && x + long > width) [x, y] = [left, y + LEGEND_LINE];
    entries.push({ name, text, x, y });
    x += long;
  }
  return entries;
}

function widthOf(text, size) {
  measuring ??= document.createElement("canvas").getContext("2d");
  measuring.font = `${size}px ${FONT}`;
  return measuring.measureText(text).width;
}
