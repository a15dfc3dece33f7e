import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { HostFinding } from "../../../workers/contract/hosting/host-protocol.ts";
import { openDb } from "../../../workers/db/database.ts";
import { hosts } from "../../../workers/db/hosting-schema.ts";
import { createWorkspace, manage } from "../support/management-client.ts";

const finding = (state: HostFinding["state"]): HostFinding => ({
  check: "runc",
  state,
  message: "runc 1.2.7.",
});

/** Registers a host as its last check left it; `findings`: undefined for a host of an older version. */
const addHost = (id: string, findings: HostFinding[] | undefined) =>
  openDb(env.DB)
    .insert(hosts)
    .values({
      id,
      url: "http://127.0.0.1:9",
      publicKey: "A".repeat(43),
      isDraining: false,
      report: {
        version: "0.1.0",
        startedAt: 1,
        isDraining: false,
        engineVersion: "29.0.1",
        memory: { totalBytes: 8e9, availableBytes: 4e9 },
        instances: 0,
        catalogueIds: ["memory"],
        ...(findings ? { findings } : {}),
      },
      checkedAt: Date.now(),
      problem: null,
      createdAt: 1,
    });

test("a server of the catalogue is offered only if a host has its image, and the reason says what to do", async () => {
  const find = async () => {
    const { items } = (await manage("GET", "/hosting-catalogue")).body;
    return items.find(({ id }: { id: string }) => id === "puppeteer");
  };
  await openDb(env.DB).delete(hosts);
  expect((await find()).unavailableReason).toBe("No container host accepts servers now.");
  await addHost("without-browser", []);
  expect(await find()).toMatchObject({
    isAvailable: false,
    unavailableReason: expect.stringContaining("bridge/image/build.sh browser"),
  });
  await openDb(env.DB).delete(hosts);
});

const isMemoryAvailable = async () => {
  const { items } = (await manage("GET", "/hosting-catalogue")).body;
  return items.find(({ id }: { id: string }) => id === "memory").isAvailable;
};

test("a host with a refused check is listed with it and gets no new instance", async () => {
  await addHost("unsafe", [finding("refused")]);
  const { items } = (await manage("GET", "/hosts")).body;
  expect(items[0].report.findings).toEqual([finding("refused")]);
  expect(await isMemoryAvailable()).toBe(false);
  const at = await createWorkspace("careful");
  const { id } = (await manage("POST", `${at}/instances`, { catalogueId: "memory" })).body;
  const read = async () => (await manage("GET", `${at}/instances/${id}`)).body;
  await expect.poll(async () => (await read()).state).toBe("failed");
  expect((await read()).reason).toMatchObject({ code: "no_host" });
});

test("a host with a warning, and a host of an older version without checks, get new instances", async () => {
  for (const findings of [[finding("warning")], undefined]) {
    await openDb(env.DB).delete(hosts);
    await addHost("usable", findings);
    expect(await isMemoryAvailable()).toBe(true);
  }
});
