// npm run bench:catalogue: fills a gateway's D1 with generated servers and measures searches of 16 clients, in the same
// rounds as a Worker that only forwards requests. `-- --servers 150000 --rounds 5 --seconds 3`; `--file <file or folder>`
// adds pages in the format of the registries' API, and `--servers 0` leaves the generated ones out. `--registry <URL>` syncs
// with a registry instead, and measures that, too.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import autocannon from "autocannon";
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { startLocalGateway } from "../fixtures/local-gateway.ts";
import { drawWord, makeEntry, makeRandom } from "./catalogue-entries.ts";
import { measureSync } from "./catalogue-sync.ts";
import { median } from "./measure.ts";
import { startPassThrough } from "./pass-through.ts";
import { childrenOf, cpuMs, residentMb } from "./processes.ts";

const CLIENTS = 16;
const ENTRIES_PER_IMPORT = 700;
/** Different searches of each kind. A Worker keeps the matches of 40. */
const SEARCHES = 400;

const { values } = parseArgs({
  options: {
    servers: { type: "string", default: "11992" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    file: { type: "string" },
    registry: { type: "string" },
  },
});

const random = makeRandom(1);
const word = () => drawWord(random);
/** A word with two letters swapped. */
const misspelt = () => word().replace(/^(..)(.)(.)/, "$1$3$2");
const pick = (...of: string[]) => of[Math.floor(random() * of.length)] ?? "";
const filter = () =>
  pick(
    "client=cursor",
    "grade=B",
    "category=databases",
    "remote=true",
    "auth=none&transport=stdio",
  );

/** Paths of a kind of search. */
const KINDS: Record<string, () => string> = {
  "first page": () => "servers?limit=24",
  "one word": () => `servers?limit=24&q=${word()}`,
  "two words": () => `servers?limit=24&q=${word()}+${word()}`,
  "beginning of a word": () => `servers?limit=24&q=${word().slice(0, 3)}`,
  "word and filter": () => `servers?limit=24&q=${word()}&${filter()}`,
  "filters, newest": () => `servers?limit=24&sort=newest&official=true&${filter()}`,
  "counts of filters": () => `search-summary?${filter()}`,
  "counts of a word": () => `search-summary?q=${word()}&${filter()}`,
  "typing error": () => `search-summary?q=${misspelt()}`,
};

const gateway = await startLocalGateway(
  values.registry === undefined ? {} : { MARKETPLACE_REGISTRY: values.registry },
);
// workerd, the only child so far.
const [pid = 0] = childrenOf(process.pid);
const children = [];
try {
  const startedAt = performance.now();
  const isSynced = values.registry !== undefined;
  const servers = isSynced ? await measureSync(gateway, pid) : await fill(gateway.api);
  console.error(`${servers} servers in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  const port = await findFreePort();
  const upstream = spawn(
    process.execPath,
    [fileURLToPath(new URL("upstream.ts", import.meta.url)), String(port)],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  children.push(upstream);
  await waitForPort(port);
  const ownPort = await findFreePort();
  const forwarder = await startPassThrough(ownPort, `http://127.0.0.1:${port}/stats`);
  children.push(forwarder);
  const passThrough = { url: `http://127.0.0.1:${ownPort}`, pid: forwarder.pid ?? 0 };
  await measureAll(gateway.api, pid, passThrough);
} finally {
  for (const child of children) {
    child.kill();
    await once(child, "exit");
  }
  await gateway.stop();
}

/** Imports the servers; returns how many there are. */
async function fill(api: ManagementApi): Promise<number> {
  const now = Date.now();
  const count = Number(values.servers);
  let stored = 0;
  const store = async (source: string, entries: unknown[]) => {
    const page = { servers: entries };
    const { changed } = z
      .object({ changed: z.int() })
      .parse(await manage(api, "POST", "/marketplace/imports", { source, page }));
    stored += changed;
  };
  for (let first = 0; first < count; first += ENTRIES_PER_IMPORT) {
    const length = Math.min(ENTRIES_PER_IMPORT, count - first);
    const entries = Array.from({ length }, (_, i) => makeEntry(first + i, random, now));
    await store("official", entries);
  }
  for (const file of values.file === undefined ? [] : await listFiles(values.file)) {
    const { servers } = z
      .object({ servers: z.array(z.unknown()) })
      .parse(JSON.parse(await readFile(file, "utf8")));
    for (let first = 0; first < servers.length; first += 100)
      await store("imported", servers.slice(first, first + 100));
  }
  return stored;
}

async function listFiles(place: string): Promise<string[]> {
  if ((await stat(place)).isFile()) return [place];
  const names = (await readdir(place)).filter((name) => name.endsWith(".json")).toSorted();
  return names.map((name) => join(place, name));
}

async function measureAll(
  api: ManagementApi,
  pid: number,
  passThrough: { url: string; pid: number },
): Promise<void> {
  const headers = { authorization: `Bearer ${api.operatorKey}` };
  const url = `${api.apiUrl}/marketplace/`;
  const kinds = Object.entries(KINDS).map(([name, make]) => {
    const paths = Array.from({ length: SEARCHES }, () => new URL(url + make()));
    return { name, paths: paths.map(({ pathname, search }) => pathname + search) };
  });
  kinds.push({
    name: "all kinds, mixed",
    paths: kinds.flatMap(({ paths }) => paths.slice(0, 100)),
  });
  for (const { paths } of kinds) await load(pid, url, paths, headers, 1);
  const seconds = Number(values.seconds);
  const floors: Times[] = [];
  const results = new Map<string, Times[]>(kinds.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    console.error(`round ${round + 1} of ${values.rounds}`);
    floors.push(await load(passThrough.pid, passThrough.url, ["/"], {}, seconds));
    for (const { name, paths } of kinds)
      results.get(name)?.push(await load(pid, url, shuffle(paths), headers, seconds));
  }
  console.log(
    "| search | p50 ms | p95 ms | requests/s | CPU ms | p50 × pass-through | p95 × pass-through |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  const rows: [string, Times[]][] = [["pass-through", floors], ...results];
  for (const [name, rounds] of rows) {
    const of = (key: keyof Times, digits = 1) =>
      median(rounds.map((times) => times[key])).toFixed(digits);
    const ratio = (key: keyof Times) =>
      median(rounds.map((times, i) => times[key] / (floors[i]?.[key] ?? Number.NaN))).toFixed(1);
    const cells = [
      name,
      of("p50"),
      of("p95"),
      of("perSecond"),
      of("cpuEach", 2),
      ratio("p50"),
      ratio("p95"),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log(`workerd: ${Math.round(residentMb(pid))} MB`);
}

interface Times {
  p50: number;
  p95: number;
  perSecond: number;
  cpuEach: number;
}

async function load(
  pid: number,
  url: string,
  paths: string[],
  headers: Record<string, string>,
  seconds: number,
): Promise<Times> {
  const times: number[] = [];
  const run = autocannon({
    url,
    headers,
    requests: paths.map((path) => ({ path })),
    connections: CLIENTS,
    duration: seconds,
  });
  run.on("response", (_client, _status, _bytes, milliseconds) => times.push(milliseconds));
  const startedAt = performance.now();
  const cpuBefore = cpuMs(pid);
  const { errors, non2xx } = await run;
  if (errors + non2xx > 0) throw new Error(`${url}: ${errors} errors, ${non2xx} bad statuses`);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  const perSecond = (times.length / (performance.now() - startedAt)) * 1000;
  const cpuEach = (cpuMs(pid) - cpuBefore) / times.length;
  return { p50: at(0.5), p95: at(0.95), perSecond, cpuEach };
}

function shuffle<T>(items: T[]): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
