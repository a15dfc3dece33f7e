import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import type { MarketplaceReadme } from "../../../workers/contract/api/marketplace-readme.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { RepositorySetup } from "../../fixtures/readmes.ts";
import { runCleanUp } from "../support/clean-up.ts";
import { later } from "../support/clock.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";

const service = inject("readmesUrl");
const OWNER = "readme-tests";

/** A repository of the stand-in, and the server of the marketplace that names it. */
class Repository {
  readonly name: string;
  readonly path: string;

  constructor(name: string) {
    this.name = name;
    this.path = `/marketplace/servers/com.example.readme/${name}`;
  }

  async setUp(setup: RepositorySetup): Promise<void> {
    const body = JSON.stringify(setup);
    await fetch(`${service}/${OWNER}/${this.name}`, { method: "PUT", body });
  }

  async listRequests(): Promise<string[]> {
    return (await fetch(`${service}/${OWNER}/${this.name}`)).json();
  }

  async import(
    repository: object | undefined = { url: `https://github.com/${OWNER}/${this.name}` },
  ): Promise<void> {
    const server = { name: `com.example.readme/${this.name}`, repository };
    const page = { servers: [{ server }] };
    await manage("POST", "/marketplace/imports", { source: "readme", page });
  }

  async read(overrides: Partial<Env> = {}): Promise<{ status: number; body: MarketplaceReadme }> {
    const context = createExecutionContext();
    const request = new Request(`http://${HOST}/api${this.path}/readme`, {
      headers: { host: HOST, "cf-connecting-ip": `198.51.100.77` },
    });
    const env = { ...bindings, MARKETPLACE_READMES: service, ...overrides };
    const response = await handleRequest(request, env, context);
    const body: MarketplaceReadme = await response.json();
    await waitOnExecutionContext(context);
    return { status: response.status, body };
  }

  async countDocsPoints(): Promise<{ item: string; points: number | null } | undefined> {
    const { bars } = (await manage("GET", this.path)).body.scoreDetail;
    const docs = bars.find(({ bar }: { bar: string }) => bar === "docs");
    return docs.items.find(({ item }: { item: string }) => item === "readme").points;
  }
}

async function makeRepository(name: string, setup: RepositorySetup): Promise<Repository> {
  const repository = new Repository(name);
  await repository.setUp(setup);
  await repository.import();
  return repository;
}

test("a README is fetched when it is first asked for, once a day, and counts in the score", async () => {
  const text = `# Plover\n${"It counts birds. ".repeat(60)}`;
  const plover = await makeRepository("plover", { files: { "README.md": text } });
  expect(await plover.countDocsPoints()).toBeNull();
  const { body } = await plover.read();
  expect(body).toEqual({
    text,
    isCut: false,
    sourceUrl: `https://github.com/${OWNER}/plover/blob/HEAD/README.md`,
    fetchedAt: expect.closeTo(Date.now(), -5),
    problem: null,
  });
  expect(await plover.countDocsPoints()).toBe(2);
  await plover.setUp({ files: { "README.md": "# Changed" } });
  expect((await later(DAY_MS - MINUTE_MS, () => plover.read())).body.text).toBe(text);
  expect(await plover.listRequests()).toEqual([]);
  const changed = await later(DAY_MS + MINUTE_MS, () => plover.read());
  expect(changed.body.text).toBe("# Changed");
  expect(await plover.countDocsPoints()).toBe(1);
  // Also for an entry that is stored again.
  await plover.import({ url: `https://github.com/${OWNER}/Plover.git` });
  expect(await plover.countDocsPoints()).toBe(1);
});

test("while a README cannot be fetched again, the old one is shown with its date and the reason", async () => {
  const stint = await makeRepository("stint", { files: { "README.md": "# Stint" } });
  const { body: first } = await stint.read();
  await stint.setUp({ files: {}, status: 503 });
  const { body: failed } = await later(2 * DAY_MS, () => stint.read());
  const problem = "The service that has the README responded with status 503.";
  expect(failed).toEqual({ ...first, problem });
  await later(2 * DAY_MS + MINUTE_MS, () => stint.read());
  expect(await stint.listRequests()).toEqual(["README.md"]);
  await stint.setUp({ files: { "README.md": "# Stint, again" } });
  const { body: again } = await later(2 * DAY_MS + HOUR_MS, () => stint.read());
  expect(again).toMatchObject({ text: "# Stint, again", problem: null });
});

test("the README of the entry's folder comes before that of the repository, and a missing one is not asked for again for six hours", async () => {
  const url = `https://github.com/${OWNER}/dunlin`;
  const dunlin = await makeRepository("dunlin", {
    files: { "README.md": "root", "src/a b/readme.md": "folder" },
  });
  await dunlin.import({ url, subfolder: "src/a b" });
  expect((await dunlin.read()).body).toMatchObject({
    text: "folder",
    sourceUrl: `${url}/blob/HEAD/src/a%20b/readme.md`,
  });
  await dunlin.import({ url, subfolder: "lib" });
  expect((await dunlin.read()).body.text).toBe("root");

  const knot = await makeRepository("knot", { files: {} });
  const missing = { text: null, problem: expect.stringContaining("no README.md") };
  expect((await knot.read()).body).toMatchObject(missing);
  expect((await later(5 * HOUR_MS, () => knot.read())).body).toMatchObject(missing);
  expect(await knot.listRequests()).toEqual(["README.md", "readme.md"]);
  expect(await knot.countDocsPoints()).toBe(0);
});

test("a README that is too long is cut, a redirect is not followed, and folders that lead elsewhere are not asked for", async () => {
  const huge = await makeRepository("huge", { files: { "README.md": "é\0".repeat(400_000) } });
  const { body } = await huge.read();
  expect(body).toMatchObject({ isCut: true, problem: null });
  expect([body.text?.length, new Set(body.text)]).toEqual([100_000, new Set(["é"])]);
  const moved = await makeRepository("moved", {
    files: {},
    status: 301,
    headers: { location: `${service}/${OWNER}/huge/HEAD/README.md` },
  });
  expect((await moved.read()).body).toMatchObject({ text: null, problem: expect.any(String) });
  await moved.import({ url: `https://github.com/${OWNER}/moved`, subfolder: "../huge/\ud800" });
  await moved.setUp({ files: {} });
  expect((await moved.read()).body.problem).toBe("The entry names no repository on GitHub.");
  expect(await moved.listRequests()).toEqual([]);
});

test("readers at the same time cause one request, those over the limit none, and so do names that no server has", async () => {
  const ruff = await makeRepository("ruff", { files: { "README.md": "ruff" }, delayMs: 300 });
  const read = await Promise.all(Array.from({ length: 4 }, () => ruff.read()));
  expect(read.map(({ body }) => body.text)).toEqual(["ruff", "ruff", "ruff", "ruff"]);
  expect(await ruff.listRequests()).toEqual(["README.md"]);
  const strict = { STRANGER_LIMIT: { limit: () => Promise.resolve({ success: false }) } };
  expect((await ruff.read(strict)).body.text).toBe("ruff");
  const reeve = await makeRepository("reeve", { files: { "README.md": "reeve" } });
  expect((await reeve.read(strict)).status).toBe(429);
  expect((await reeve.read({ MARKETPLACE_READMES: "" })).body).toMatchObject({
    text: null,
    problem: "This deployment fetches no READMEs.",
  });
  expect(await reeve.listRequests()).toEqual([]);
  expect((await new Repository("unlisted").read()).status).toBe(404);
});

test("the clean-up deletes READMEs that are not asked for, and the oldest when all are too large", async () => {
  const [kept, large] = [new Repository("kept-readme"), new Repository("large-readme")];
  for (const repository of [kept, large]) {
    await repository.setUp({ files: { "README.md": repository.name } });
    await repository.import();
    await repository.read();
  }
  // Older than any of the others, and alone larger than all may be.
  await bindings.DB.prepare(
    "UPDATE marketplace_readmes SET bytes = 300000000, next_fetch_at = next_fetch_at - 86400000 WHERE repository = ?",
  )
    .bind(`github.com/${OWNER}/large-readme`)
    .run();
  const listKept = async () => {
    const { results } = await bindings.DB.prepare(
      "SELECT repository FROM marketplace_readmes WHERE repository LIKE '%/kept-readme' OR repository LIKE '%/large-readme'",
    ).all<{ repository: string }>();
    return results.map(({ repository }) => repository);
  };
  await runCleanUp(Date.now());
  expect(await listKept()).toEqual([`github.com/${OWNER}/kept-readme`]);
  await runCleanUp(Date.now() + 32 * DAY_MS);
  expect(await listKept()).toEqual([]);
});
