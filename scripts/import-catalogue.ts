// npm run catalogue:import -- <file, folder or URL> [--source NAME]: imports entries of servers, in the page format of the
// registries' API, into the marketplace. A URL's further pages are followed. Uses the gateway of `npm start`, or
// MCPNEST_URL (https://host) with MCPNEST_OPERATOR_KEY.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ImportResult } from "../workers/contract/api/marketplace.ts";
import { findApi } from "./find-api.ts";
import { manage, type ManagementApi } from "./management-client.ts";

const Page = z.object({
  servers: z.array(z.unknown()),
  metadata: z.object({ nextCursor: z.string().nullish() }).nullish(),
});
type Page = z.infer<typeof Page>;

/** Characters of the entries of one request: the API accepts bodies of 1 MiB. */
const MAX_BODY_CHARS = 300_000;
/** Waiting times after 429 and 5xx responses of a registry, in ms. */
const RETRY_MS = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000];

/** A page with its place, for messages. */
interface PlacedPage {
  from: string;
  page: Page;
}

try {
  const { values, positionals } = parseArgs({
    options: { source: { type: "string", default: "imported" } },
    allowPositionals: true,
  });
  const [place] = positionals;
  if (!place)
    throw new Error("usage: npm run catalogue:import -- <file, folder or URL> [--source NAME]");
  await importAll(await findApi(), values.source, readPages(place));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function importAll(api: ManagementApi, source: string, pages: AsyncIterable<PlacedPage>) {
  const total = { pages: 0, changed: 0, unchanged: 0, deleted: 0, leftOut: 0 };
  const asOf = Date.now();
  const leaveOut = (name: string, from: string, reason: string) => {
    total.leftOut++;
    console.error(`left out: ${name} of ${from}: ${reason}`);
  };
  for await (const { from, page } of pages) {
    total.pages++;
    for (const { servers, first, chars } of divide(page.servers)) {
      if (chars > MAX_BODY_CHARS) {
        leaveOut(`entry ${first + 1}`, from, `it has more than ${MAX_BODY_CHARS} characters`);
        continue;
      }
      const body = { source, asOf, page: { servers } };
      const result = ImportResult.parse(await manage(api, "POST", "/marketplace/imports", body));
      for (const key of ["changed", "unchanged", "deleted"] as const) total[key] += result[key];
      for (const { name, position, reason } of result.rejected)
        leaveOut(name ?? `entry ${first + position + 1}`, from, reason);
    }
  }
  console.log(
    `${total.pages} pages: ${total.changed} entries new or changed, ${total.unchanged} unchanged, ${total.deleted} deleted, ${total.leftOut} left out`,
  );
}

/** Entries of a page that are sent together. `first`: the position of the first one; `chars`: their length as JSON. */
interface Part {
  first: number;
  servers: unknown[];
  chars: number;
}

/** Divides the entries of a page into requests. An entry that is too large for one is alone. */
function divide(servers: unknown[]): Part[] {
  const parts: Part[] = [];
  for (const [first, server] of servers.entries()) {
    const chars = JSON.stringify(server).length + 1;
    const part = parts.at(-1);
    if (part && part.chars + chars <= MAX_BODY_CHARS) {
      part.servers.push(server);
      part.chars += chars;
    } else parts.push({ first, servers: [server], chars });
  }
  return parts;
}

async function* readPages(place: string): AsyncGenerator<PlacedPage> {
  if (/^https?:\/\//.test(place)) {
    yield* fetchPages(new URL(place));
    return;
  }
  const files = (await stat(place)).isDirectory()
    ? (await readdir(place))
        .filter((file) => file.endsWith(".json"))
        .toSorted()
        .map((file) => join(place, file))
    : [place];
  for (const file of files) yield { from: file, page: parse(await readFile(file, "utf8"), file) };
}

async function* fetchPages(first: URL): AsyncGenerator<PlacedPage> {
  for (let url: URL | null = first; url;) {
    const from: string = url.href;
    const page: Page = parse(await fetchText(from), from);
    yield { from, page };
    const cursor: string | null = page.metadata?.nextCursor ?? null;
    url = cursor === null ? null : new URL(from);
    if (cursor !== null) url?.searchParams.set("cursor", cursor);
  }
}

async function fetchText(url: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url).catch((cause: unknown) => {
      throw new Error(`${url} cannot be reached`, { cause });
    });
    if (response.ok) return response.text();
    const isBusy = response.status === 429 || response.status >= 500;
    const ms = RETRY_MS[attempt];
    if (!isBusy || ms === undefined) throw new Error(`${url} returned ${response.status}`);
    await wait(ms);
  }
}

function parse(text: string, from: string): Page {
  try {
    return Page.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${from} is no page of a registry: an object with a list "servers"`, { cause });
  }
}
