// npm run cost: counts what the production bundle would be billed for on Cloudflare, and prints it with a month's price.
// Takes about a quarter of an hour, most of it waiting. `-- --write` updates docs/cost.md.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/worker-bundle.ts";
import { writeResults } from "../fixtures/docs-results.ts";
import { CountedGateway } from "./counted-gateway.ts";
import { toMarkdown } from "./report.ts";
import { measureCosts } from "./scenarios.ts";
import { startUpstream } from "./upstream.ts";

const { values } = parseArgs({ options: { write: { type: "boolean" } } });
const docs = join(root, "docs/cost.md");

const upstream = await startUpstream();
const gateway = await CountedGateway.start();
try {
  const report = toMarkdown(await measureCosts(gateway, upstream.url), new Date());
  console.log(report);
  if (values.write) await writeResults(docs, `\n${report}\n`);
} finally {
  await gateway.stop();
  upstream.close();
}
