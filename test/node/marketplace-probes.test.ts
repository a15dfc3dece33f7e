import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { RemoteProbe } from "../../workers/contract/api/marketplace-probes.ts";
import { MarketplaceServer } from "../../workers/contract/api/marketplace.ts";
import { startListedUpstream } from "../fixtures/listed-upstream.mjs";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";
import { importEntries, toEntry } from "../fixtures/marketplace-entries.ts";

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const NAMESPACE = "com.example.probe-runs";
const Probes = z.object({ items: z.array(RemoteProbe) });

describe("the probes in the background", () => {
  let upstreams: { url: string; close(): unknown }[];
  let gateway: LocalGateway;
  /** An even minute: probes run every two minutes. */
  const start = Math.ceil(Date.now() / 120_000) * 120_000;
  const run = (days: number, hours = 0) =>
    gateway.runCrons(new Date(start + days * DAY_MS + hours * HOUR_MS));
  const read = async (name: string) =>
    MarketplaceServer.parse(
      await manage(gateway.api, "GET", `/marketplace/servers/${NAMESPACE}/${name}`),
    );
  const readProbe = async (name: string) => (await read(name)).probes[0];
  const control = (name: string, state: object, at = upstreams[0]) =>
    fetch(`${at?.url}/control/${name}`, { method: "POST", body: JSON.stringify(state) });

  beforeAll(async () => {
    upstreams = await Promise.all([1, 2, 3].map(() => startListedUpstream()));
    gateway = await startLocalGateway({ MARKETPLACE_PROBES: "all" });
    const remotes = (urls: string[]) => ({
      remotes: urls.map((url) => ({ type: "streamable-http", url })),
    });
    await importEntries(
      gateway.api,
      upstreams.map(({ url }, i) => toEntry(`${NAMESPACE}/host-${i}`, remotes([`${url}/one`]))),
    );
  }, 120_000);

  afterAll(async () => {
    await gateway.stop();
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  });

  test("each address is probed once a day", async () => {
    await control("one", { tools: ["a"] });
    await run(0);
    const first = await readProbe("host-0");
    expect(first).toMatchObject({ outcome: "listed", probedAt: start, tools: [{ name: "a" }] });
    await run(0, 12);
    expect((await readProbe("host-0"))?.probedAt).toBe(start);
    await run(1);
    expect((await readProbe("host-0"))?.probedAt).toBe(start + DAY_MS);
  });

  test("an address that fails is probed less and less often, until the server is unreachable; after that it is probed on", async () => {
    await control("one", { refusal: { status: 500 } });
    const days: number[] = [];
    for (let day = 2; day <= 18; day += 1) {
      await run(day);
      const probe = await readProbe("host-0");
      if (probe?.probedAt === start + day * DAY_MS) days.push(day);
    }
    expect(days).toEqual([2, 3, 5, 9, 17]);
    expect((await read("host-0")).scoreDetail.caps).toContainEqual({ cap: "unreachable", max: 44 });
    expect((await read("host-1")).scoreDetail.caps).toEqual([]);
    await control("one", { refusal: null });
    await run(25);
    expect(await readProbe("host-0")).toMatchObject({ outcome: "listed", failingSince: null });
  });

  test("if no host responds at once, the probes say nothing of the servers", async () => {
    for (const at of upstreams) await control("one", { refusal: { status: 500 } }, at);
    await run(27);
    for (const name of ["host-0", "host-1", "host-2"])
      expect(await readProbe(name)).toMatchObject({ outcome: "listed", failingSince: null });
    expect(gateway.log.join("\n")).toContain("marketplace_probes_discarded");
    for (const at of upstreams) await control("one", { refusal: null }, at);
    await run(27, 1);
    expect((await readProbe("host-2"))?.probedAt).toBe(start + 27 * DAY_MS + HOUR_MS);
  });

  test("a host gets one request at a time, and a few addresses of it in one run", async () => {
    const [upstream] = upstreams;
    const addresses = Array.from({ length: 6 }, (_, i) => `${upstream?.url}/many-${i}`);
    const entries = addresses.map((url, i) =>
      toEntry(`${NAMESPACE}/many-${i}`, { remotes: [{ type: "streamable-http", url }] }),
    );
    await importEntries(gateway.api, entries);
    const countProbed = async () => {
      const all = await Promise.all(entries.map((_, i) => readProbe(`many-${i}`)));
      return all.filter((probe) => probe?.probedAt !== null).length;
    };
    await run(27, 2);
    expect(await countProbed()).toBe(4);
    await run(27, 3);
    expect(await countProbed()).toBe(6);
    const busiest = z
      .object({ busiest: z.int() })
      .parse(await (await fetch(`${upstream?.url}/control`)).json());
    expect(busiest).toEqual({ busiest: 1 });
  });

  test("unless the operator wants it, no private address is probed by itself", async () => {
    await gateway.pause();
    await gateway.resume({ MARKETPLACE_PROBES: "public" });
    await run(60);
    expect(await readProbe("host-0")).toMatchObject({
      outcome: "skipped",
      problem: expect.stringMatching(/^The URL must begin with https/),
    });
    const path = `/marketplace/servers/${NAMESPACE}/host-0/probes`;
    const { items } = Probes.parse(await manage(gateway.api, "POST", path));
    expect(items).toMatchObject([{ outcome: "listed" }]);
  });
});
