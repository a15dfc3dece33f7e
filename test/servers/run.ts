// npm run servers: real servers from npm, each directly and through the gateway, definition by definition. Writes the
// table into docs/servers.md. `-- <name> …` runs single servers.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { startLocalGateway } from "../fixtures/local-gateway.ts";
import { compareServer } from "./compare-server.ts";
import { formatReport, isAsExpected, toMarkdown, writeDocs, type ServerReport } from "./report.ts";
import { SERVERS, type RealServer } from "./servers.ts";

/** Debian's path of the browser that some servers drive. */
const CHROMIUM = "/usr/bin/chromium";

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((name) => !SERVERS.some((server) => server.name === name));
if (unknown.length > 0) {
  console.error(
    `No such server: ${unknown.join(", ")}. There are ${SERVERS.map(({ name }) => name).join(", ")}.`,
  );
  process.exit(2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const selected = SERVERS.filter(
  ({ name }) => positionals.length === 0 || positionals.includes(name),
);
const usable = selected.filter(canStart);
const gateway = await startLocalGateway();
const reports: ServerReport[] = [];
try {
  for (const server of usable) {
    const report = await compareServer(server, gateway.api, CHROMIUM);
    console.log(formatReport(report));
    reports.push(report);
  }
} finally {
  await gateway.stop();
}
console.log(`\n${toMarkdown(reports)}\n`);
const failed = reports.filter((report) => !isAsExpected(report));
console.log(`${reports.length - failed.length} passed, ${failed.length} failed`);
if (reports.length === SERVERS.length) await writeDocs(reports);
process.exitCode = failed.length === 0 ? 0 : 1;

function canStart(server: RealServer): boolean {
  const needsBrowser = JSON.stringify(server.args ?? []).includes("{chromium}");
  if (!needsBrowser || existsSync(CHROMIUM)) return true;
  console.log(`${server.name} is skipped: ${CHROMIUM} is missing (apt-get install -y chromium)`);
  return false;
}
