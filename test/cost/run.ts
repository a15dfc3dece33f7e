// npm run cost: counts what the production bundle would be billed for on Cloudflare, and prints it with a month's price.
// Takes about a quarter of an hour, most of it waiting. `-- --write` updates docs/cost.md.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/worker-bundle.ts";
import { CountedGateway } from "./counted-gateway.ts";
import { toMarkdown } from "./report.ts";
import { measureCosts } from "./scenarios.ts";
import { startUpstream } from "./upstream.ts";

const { values } = parseArgs({ options: { write: { type: "boolean" } } });
const docs = join(root, "docs/cost.md");
const START = "<!-- results -->\n";
const END = "<!-- end of results -->";

const upstream = await startUpstream();
const gateway = await CountedGateway.start();
try {
  const report = toMarkdown(await measureCosts(gateway, upstream.url), new Date());
  console.log(report);
  if (values.write) await writeDocs(report);
} finally {
  await gateway.stop();
  upstream.close();
}

async function writeDocs(report: string): Promise<void> {
  const text = await readFile(docs, "utf8");
  const from = text.indexOf(START) + START.length;
  const to = text.indexOf(END);
  if (from < START.length || to < from) throw new Error(`${docs} lacks the marks of the results`);
  await writeFile(docs, `${text.slice(0, from)}\n${report}\n${text.slice(to)}`);
}
