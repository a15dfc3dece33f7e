// Builds registry-client/dist: each program as one file, with the licences of the packages that are in it.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { root } from "./worker-bundle.ts";

const folder = join(root, "registry-client");
const dist = join(folder, "dist");

/** Leaves out zod's messages in 50 languages, a third of the file: they are members of an object that is used. */
const withoutLocales: Plugin = {
  name: "without-locales",
  setup(bundle) {
    bundle.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: "",
    }));
  },
};

await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    main: join(folder, "src", "main.ts"),
    check: join(folder, "src", "check", "main.ts"),
    lock: join(folder, "src", "contracts", "main.ts"),
  },
  outdir: dist,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // The files for Node are CommonJS, which an ES module does not have.
  mainFields: ["module", "main"],
  alias: { yaml: join(root, "node_modules", "yaml", "browser", "index.js") },
  minifySyntax: true,
  minifyWhitespace: true,
  plugins: [withoutLocales],
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
const used = new Set(
  Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
      return name !== undefined && bytesInOutput > 0 ? [name] : [];
    }),
  ),
);
const licences = await Promise.all([...used].toSorted().map(readLicence));
await writeFile(join(dist, "licenses.txt"), licences.join("\n\n"));

async function readLicence(name: string): Promise<string> {
  const source = join(root, "node_modules", name);
  const file = (await readdir(source)).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) return `${name}\n\n${await readLicenceName(source, name)}`;
  return `${name}\n\n${await readFile(join(source, file), "utf8")}`;
}

/** What the package's description says of its licence. Some packages have no file with the text. */
async function readLicenceName(source: string, name: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  const { license, author } = manifest as { license?: string; author?: string };
  if (license === undefined) throw new Error(`${name} has no licence`);
  return `Licence: ${license}. Author: ${author ?? "not named"}.`;
}
