// The explorer and the table of a page: reads the data, keeps the choices, draws both anew when one changes.

import { firstChoices, fitting, fromAddress, PREFIX, toAddress } from "./choices.js";
import { drawChoices, makeFilters } from "./controls.js";
import { readRun } from "./data.js";
import { button, make } from "./dom.js";
import { saveCsv, savePng, saveSvg } from "./downloads.js";
import { pictureOf } from "./drawing.js";
import { canvasPen } from "./pens.js";
import { watch } from "./pointer.js";
import { filtered } from "./rows.js";
import { sceneOf } from "./scene.js";
import { sentenceOf, storyOf } from "./story.js";
import { makeTable } from "./table.js";

const LEAST_WIDTH = 280;
const FACTOR = 2;
/** What of the choices the picture does not show. */
const OF_TABLE = new Set(["sort", "down", "find", "page", "size", "cols"]);

const find = (name) => document.getElementById(`explore-${name}`);

function start() {
  const run = readRun(find("data").textContent);
  const first = firstChoices(run);
  let choices = fromAddress(run, first, location.hash);
  let rows = filtered(run, choices.only);
  let scene = null, picture = null, chosen = null;
  for (const id of ["explore", "rows"]) document.getElementById(id).hidden = false;
  for (const link of document.querySelectorAll("[data-explore]")) link.hidden = false;

  const [base, over] = [find("base"), find("over")];
  const filters = makeFilters(find("filters"), run, choose);
  const table = makeTable(find("table"), run, choose);
  const pointer = watch(over, { picture: () => picture, tell, zoom, frame });
  drawButtons();
  drawAll();
  new ResizeObserver(() => {
    if (picture && widthNow() !== picture.width) drawPicture();
  }).observe(find("picture"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawPicture);
  addEventListener("hashchange", () => {
    if (location.hash.startsWith(PREFIX)) restore();
  });
  if (location.hash.startsWith(PREFIX)) document.getElementById("explore").scrollIntoView();

  /** Takes what the reader changed; filters are merged one by one. */
  function choose(change) {
    const next = { ...choices, ...change };
    if (change.only) {
      next.only = Object.freeze(Object.fromEntries(Object.entries({ ...choices.only, ...change.only }).filter(([, values]) => values)));
      next.page = 1;
    }
    choices = fitting(run, Object.freeze(next));
    writeAddress();
    if (change.only) rows = filtered(run, choices.only);
    if (Object.keys(change).every((key) => OF_TABLE.has(key))) table.renew(choices, rows);
    else drawAll(Boolean(change.only));
  }

  function writeAddress() {
    const address = toAddress(first, choices) || "#explore";
    try {
      history.replaceState(null, "", address);
    } catch {
      // Some browsers forbid it in a page from a file; the address then has one more step back.
      location.hash = address;
    }
  }

  function restore() {
    choices = fromAddress(run, first, location.hash);
    rows = filtered(run, choices.only);
    drawAll();
  }

  function drawAll(withTable = true) {
    drawChoices(find("choices"), run, choices, choose);
    filters.renew(choices);
    drawPicture();
    if (withTable) table.renew(choices, rows);
  }

  function theme() {
    const style = getComputedStyle(find("picture"));
    const read = (name) => style.getPropertyValue(name).trim();
    return { ground: read("--paper"), ink: read("--ink"), soft: read("--soft"), line: read("--line") };
  }

  function widthNow() {
    return Math.max(LEAST_WIDTH, Math.floor(find("picture").clientWidth));
  }

  function drawPicture() {
    const began = performance.now();
    const colours = theme();
    scene = sceneOf(run, choices, rows, colours.ground);
    picture = pictureOf(run, choices, scene, widthNow(), colours);
    const context = sized(base);
    picture.draw(canvasPen(context));
    chosen = pointer.renew();
    drawChosen();
    const [x, y] = [scene.x.label, scene.y.label];
    const shown = new Set(scene.rows).size;
    over.setAttribute("aria-label", `Picture: ${y} over ${x}, ${shown} rows. Arrow keys go from point to point, plus and minus zoom, 0 shows the whole.`);
    find("message").textContent = scene.message;
    find("shown").textContent = `${shown.toLocaleString("en")} of ${run.rows.toLocaleString("en")} rows in the picture`;
    if (!chosen) find("case").replaceChildren(make("p", { class: "hint" }, "Point at the picture, or use its arrow keys, to see a case and the command that measures it again. Drag a frame to zoom."));
    // Tests read what was drawn, and how long it took.
    over.dataset.drawn = JSON.stringify({ mode: scene.mode, items: scene.items.length, targets: picture.targets.length, series: scene.looks ? [...scene.looks.keys()] : [], panels: scene.panels.length, ground: colours.ground, ms: Math.round(performance.now() - began) });
  }

  function sized(canvas) {
    const sharp = devicePixelRatio || 1;
    canvas.width = Math.round(picture.width * sharp);
    canvas.height = Math.round(picture.height * sharp);
    canvas.style.width = `${picture.width}px`;
    canvas.style.height = `${picture.height}px`;
    const context = canvas.getContext("2d");
    context.scale(sharp, sharp);
    return context;
  }

  function drawChosen(drag = null) {
    const pen = canvasPen(sized(over)), colours = theme();
    if (chosen?.box) {
      const [x, y, w, h] = chosen.box, corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];
      pen.line(corners, { stroke: colours.ground, width: 6 });
      pen.line(corners, { stroke: colours.ink, width: 2.5 });
    } else if (chosen) {
      pen.mark("o", chosen.x, chosen.y, 9, { stroke: colours.ground, width: 5 });
      pen.mark("o", chosen.x, chosen.y, 9, { stroke: colours.ink, width: 2 });
    }
    if (drag) pen.rect(Math.min(drag[0], drag[2]), Math.min(drag[1], drag[3]), Math.abs(drag[2] - drag[0]), Math.abs(drag[3] - drag[1]), null, colours.ink);
  }

  function zoom(ends) {
    // Cells and names have places, and all of them are shown.
    if (picture.scales.x.isContinuous || picture.scales.y.isContinuous) choose({ zoom: ends && Object.freeze(ends) });
  }

  function frame(drag) {
    drawChosen(drag);
  }

  function tell(target) {
    chosen = target;
    drawChosen();
    if (!target) return;
    find("case").replaceChildren(storyOf(run, choices, scene, target));
    find("said").textContent = sentenceOf(run, choices, scene, target);
  }

  function drawButtons() {
    const name = () => `${run.name}-${choices.y}-over-${choices.x}`;
    const columns = () => {
      const wanted = [...choices.cols, choices.x, choices.y, choices.colour, choices.facet].filter((key) => run.columns.has(key));
      const ends = [...run.columns.values()].filter((column) => column.isEnd && wanted.some((key) => column.key.startsWith(key.replace(/_(s|j|calls)$/, "")))).map((column) => column.key);
      return [...new Set([...wanted, ...ends])].map((key) => run.columns.get(key));
    };
    find("buttons").replaceChildren(
      button("Zoom in", () => pointer.zoomBy(1 / FACTOR)),
      button("Zoom out", () => pointer.zoomBy(FACTOR)),
      button("Whole", () => choose({ zoom: null })),
      button("SVG", () => saveSvg(name(), picture, `${scene.y.label} over ${scene.x.label}: ${run.name}`)),
      button("PNG", () => savePng(name(), picture)),
      button("CSV of these points", () => saveCsv(name(), run, columns(), [...new Set(scene.rows)])),
      button("Start again", () => {
        choices = first;
        rows = filtered(run, choices.only);
        writeAddress();
        drawAll();
      }),
    );
  }
}

start();
