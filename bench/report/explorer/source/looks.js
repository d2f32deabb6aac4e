// Colours and marks of series, distinct on light and dark ground; each kind of energy has hues of its own.

import { sorted } from "./data.js";

/** Distinct for most colour-blind readers: Okabe and Ito's, then Paul Tol's. */
const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#332288", "#999933", "#882255", "#44AA99", "#661100", "#6699CC"];
const MARKS = ["o", "s", "^", "D", "v", "P", "*", "<", ">", "X", "p", "h"];
/** Modelled energy is violet and bracketed energy brown, whatever the implementation: shades tell these apart. */
const MODELLED = [[255, 94, 38], [300, 72, 30]];
const BRACKETED = [[22, 80, 26], [44, 88, 32]];
/** From little to much. The first is cividis at six places, which colour-blind readers see as others do (Nuñez 2018). */
const RAMPS = {
  "": ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"],
  modelled: ["#ddd2ee", "#a07cc8", "#4a1f7a"],
  bracketed: ["#f3dfb5", "#c98d35", "#6b3f00"],
};
/** What WCAG 2.2 asks of graphics (1.4.11). */
const CONTRAST = 3;

/** The look of every series: its colour, its mark, whether that is hollow, and the dash of its line. */
export function looksOf(run, choices, names, ground) {
  const column = run.columns.get(choices.colour);
  const energy = energyOf(run, choices);
  const known = column ? sorted(column, names.filter((name) => name !== null)) : [];
  const order = names.includes(null) ? [...known, null] : known;
  return new Map(order.map((name, index) => {
    const said = choices.colour === "implementation" ? run.marks[name] : null;
    const [, mark, isHollow] = said ?? ["", MARKS[index % MARKS.length], false];
    const shade = order.length > 1 ? index / (order.length - 1) : 0;
    if (energy === "modelled") return [name, { colour: visible(between(MODELLED, shade), ground), mark, isHollow: true, dash: [6, 4] }];
    if (energy === "bracketed") return [name, { colour: visible(between(BRACKETED, shade), ground), mark, isHollow: true, dash: [2, 3] }];
    return [name, { colour: visible(said?.[0] ?? PALETTE[index % PALETTE.length], ground), mark, isHollow, dash: [] }];
  }));
}

/** The kind of energy on either axis of a picture; empty without. */
export function energyOf(run, choices) {
  return run.columns.get(choices.y)?.energy || run.columns.get(choices.x)?.energy || "";
}

/** The colour of a share from 0 to 1, of the kind of energy that the column holds. */
export function ramp(energy) {
  const stops = (RAMPS[energy] ?? RAMPS[""]).map(channels);
  return (share) => {
    const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
    const index = Math.min(Math.floor(place), stops.length - 2);
    return `rgb(${stops[index].map((value, part) => Math.round(value + (stops[index + 1][part] - value) * (place - index))).join(",")})`;
  };
}

/** A colour moved towards white or black until it stands out from the ground. */
export function visible(colour, ground) {
  const back = channels(ground), start = channels(colour);
  const target = luminance(back) < 0.18 ? 255 : 0;
  for (let part = 0; part <= 1; part += 0.1) {
    const mixed = start.map((value) => value + (target - value) * part);
    if (contrast(mixed, back) >= CONTRAST) return `rgb(${mixed.map(Math.round).join(",")})`;
  }
  return target ? "#fff" : "#000";
}

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(colour) {
  return luminance(channels(colour)) > 0.18 ? "#000" : "#fff";
}

function between([[h0, s0, l0], [h1, s1, l1]], share) {
  const [h, s, l] = [h0 + (h1 - h0) * share, (s0 + (s1 - s0) * share) / 100, (l0 + (l1 - l0) * share) / 100 + 0.28 * Math.abs(Math.sin(share * 9))];
  const wave = (n) => {
    const k = (n + h / 30) % 12;
    return Math.round(255 * (l - s * Math.min(l, 1 - l) * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return `rgb(${wave(0)},${wave(8)},${wave(4)})`;
}

function channels(colour) {
  const hex = colour.trim().match(/^#([0-9a-f]{3,6})$/i)?.[1];
  if (hex) {
    const whole = hex.length === 3 ? [...hex].map((letter) => letter + letter).join("") : hex;
    return [0, 2, 4].map((start) => parseInt(whole.slice(start, start + 2), 16));
  }
  return (colour.match(/[\d.]+/g) ?? [0, 0, 0]).slice(0, 3).map(Number);
}

/** Relative luminance by WCAG 2.2. */
function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [low, high] = [luminance(a), luminance(b)].sort((one, other) => one - other);
  return (high + 0.05) / (low + 0.05);
}
