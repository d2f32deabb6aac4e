// Bundles source/ with the pinned packages into bundle/explorer.js and writes their licences beside it.
// To run: npm ci --ignore-scripts && npm run build. The bundle is committed, so that building convcost needs no node.

import { build } from "esbuild";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const PACKAGE = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//;

const made = await build({
  absWorkingDir: FOLDER,
  entryPoints: ["source/main.js"],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2020",
  // Names of files and people stay as they are; only ASCII would make them longer.
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
});

const [output] = Object.values(made.metafile.outputs);
const packages = [...new Set(
  Object.entries(output.inputs)
    .filter(([, input]) => input.bytesInOutput > 0)
    .map(([path]) => path.match(PACKAGE)?.[1])
    .filter(Boolean),
)].sort();

/** The text of a package's licence. */
function licence(name) {
  const folder = join(FOLDER, "node_modules", name);
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no file with its licence`);
  return readFileSync(join(folder, file), "utf8").trim();
}

/** A licence without the lines about who holds the copyright. */
const terms = (text) => text.split("\n").filter((line) => !/^copyright/i.test(line.trim())).join("\n").trim();
/** The lines about who holds the copyright. */
const holders = (text) => text.split("\n").filter((line) => /^copyright/i.test(line.trim())).map((line) => line.trim());

const parts = packages.map((name) => {
  const { version, license } = JSON.parse(readFileSync(join(FOLDER, "node_modules", name, "package.json"), "utf8"));
  return { name, version, license, text: licence(name) };
});
const full = parts.map((part) => `${part.name} ${part.version} (${part.license})\n\n${part.text}\n`);
writeFileSync(resolve(FOLDER, "bundle/LICENCES.txt"), `${full.join(`\n${"-".repeat(80)}\n\n`)}`);

// Every copy must carry its licences, and a page is a copy: each text of terms once, below all names and holders.
const names = parts.map((part) => `${part.name} ${part.version}: ${holders(part.text).join("; ")}`);
const texts = [...new Set(parts.map((part) => terms(part.text)))];
const notice = ["Parts of this script are from:", ...names, "", ...texts].join("\n").replaceAll("*/", "* /");
const script = `/*!\n${notice}\n*/\n${made.outputFiles[0].text.trim()}\n`;
for (const forbidden of ["</script", "<!--", "http://", "https://"]) {
  const at = script.toLowerCase().indexOf(forbidden);
  if (at >= 0) throw new Error(`the bundle has ${forbidden}, which no page may hold: ${script.slice(at - 60, at + 60)}`);
}
const target = resolve(FOLDER, "bundle/explorer.js");
if (process.argv.includes("--check")) {
  if (!existsSync(target) || readFileSync(target, "utf8") !== script) throw new Error("the bundle is old: npm run build");
} else {
  writeFileSync(target, script);
}
for (const part of parts) console.log(`${part.name} ${part.version} ${part.license}`);
console.log(`bundle: ${Buffer.byteLength(script)} bytes`);
