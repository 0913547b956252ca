// Bundles frontend/ into app/static/dist: names carry a content hash, manifest.json maps plain names to them.
// Entry points: app.css and app.js for every page, studio/*.js (with the styles they import) for the editors.
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.join(root, "frontend");
const dist = path.join(root, "app", "static", "dist");
const work = `${dist}.new`;
const fonts = path.join(root, "app", "fonts");
const documentFonts = ["400Regular/NotoSerifSC_400Regular.ttf", "700Bold/NotoSerifSC_700Bold.ttf"];

// Bootstrap turns dark by an attribute that only a script can set; our pages follow the reader's system instead.
const darkBySystem = {
  name: "dark-by-system",
  setup(build) {
    build.onLoad({ filter: /bootstrap\/dist\/css\/bootstrap\.css$/ }, async ({ path: file }) => {
      const css = await readFile(file, "utf8");
      const contents = css.replace(
        /(?<=\}\s*)\[data-bs-theme=dark\][^{},]*\{[^}]*\}/g,
        (rule) => `@media screen and (prefers-color-scheme: dark) {${rule.replaceAll("[data-bs-theme=dark]", ":root")}}`,
      );
      return { contents, loader: "css" };
    });
  },
};

// The rules of the diagrams stand in the engine, which also puts them into files that stand alone.
const diagramRules = {
  name: "diagram-rules",
  setup(build) {
    build.onResolve({ filter: /^engine:diagram\.css$/ }, () => ({ path: "diagram.css", namespace: "engine" }));
    build.onLoad({ filter: /.*/, namespace: "engine" }, async () => {
      const style = await readFile(path.join(root, "app", "engine", "diagram", "style.py"), "utf8");
      return { contents: style.match(/DIAGRAM_CSS = """\\\n(.*?)"""/s)[1], loader: "css" };
    });
  },
};

async function studioEntries() {
  const folder = path.join(source, "studio");
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(".js")).map((name) => path.join(folder, name));
}

function manifestOf(metafile) {
  const manifest = {};
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (!output.entryPoint) continue;
    const name = path.relative("frontend", output.entryPoint);
    manifest[name] = path.relative(work, path.join(root, file));
    if (output.cssBundle) {
      manifest[name.replace(/\.js$/, ".css")] = path.relative(work, path.join(root, output.cssBundle));
    }
  }
  return Object.fromEntries(Object.entries(manifest).sort());
}

function packagesOf(metafile) {
  const names = Object.keys(metafile.inputs).map((file) => file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]);
  return [...new Set(names.filter(Boolean))].sort();
}

async function copyLicences(packages) {
  await mkdir(path.join(work, "licences"), { recursive: true });
  for (const name of packages) {
    const folder = path.join(root, "node_modules", name);
    const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    if (licence) await copyFile(path.join(folder, licence), path.join(work, "licences", `${name.replaceAll("/", "-")}.txt`));
  }
}

async function copyFonts() {
  const folder = path.join(root, "node_modules", "@expo-google-fonts", "noto-serif-sc");
  await mkdir(fonts, { recursive: true });
  for (const file of documentFonts) await copyFile(path.join(folder, file), path.join(fonts, path.basename(file)));
  await cp(path.join(folder, "LICENSE_FONT"), path.join(fonts, "LICENSE_FONT.txt"));
}

await rm(work, { recursive: true, force: true });
const { metafile } = await esbuild.build({
  absWorkingDir: root,
  entryPoints: [path.join(source, "app.css"), path.join(source, "app.js"), ...(await studioEntries())],
  outbase: source,
  outdir: work,
  entryNames: "[dir]/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  metafile: true,
  legalComments: "linked",
  target: ["chrome100", "firefox100", "safari15.4"],
  loader: { ".svg": "file", ".woff": "file", ".woff2": "file", ".ttf": "file", ".eot": "file", ".png": "file" },
  jsx: "automatic",
  jsxImportSource: "@bpmn-io/properties-panel/preact",
  plugins: [darkBySystem, diagramRules],
  logLevel: "warning",
});
await copyLicences(packagesOf(metafile));
await copyFonts();
await writeFile(path.join(work, "manifest.json"), `${JSON.stringify(manifestOf(metafile), null, 2)}\n`);
await rm(dist, { recursive: true, force: true });
await rename(work, dist);
