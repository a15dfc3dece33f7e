import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { LogFile } from "../../scripts/log-file.ts";
import { manage } from "../../scripts/management-client.ts";
import { startHostileUpstream } from "../fixtures/hostile-upstream.mjs";
import {
  createOpenWorkspace,
  postRequest,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

const DISK_BYTES = 24 * 1024 * 1024;
const POLL = { timeout: 60_000, interval: 50 };
const Calls = z.object({ items: z.array(z.object({ seq: z.number(), status: z.string() })) });

/** Only root can mount a separate disk. */
const isRoot = process.platform === "linux" && process.getuid?.() === 0;

describe.skipIf(!isRoot)("a gateway on a full disk", { timeout: 150_000 }, () => {
  let disk: string;
  let gateway: LocalGateway;
  let upstream: Awaited<ReturnType<typeof startHostileUpstream>>;
  let client: { gatewayUrl: string; token: string };
  let succeeded = 0;

  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), "mcpnest-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
    upstream = await startHostileUpstream();
    gateway = await startLocalGateway({}, disk);
    client = await createOpenWorkspace(gateway.api, "full", [
      { slug: "up", url: `${upstream.url}/ok` },
    ]);
  });

  afterAll(async () => {
    await gateway.stop();
    await upstream.close();
    execFileSync("umount", [disk]);
    await rmdir(disk);
  });

  const call = async () => {
    const response = await postRequest(client, "tools/call", { name: "echo", arguments: {} });
    const text = await response.text();
    if (response.status === 200 && text.includes('"content"')) succeeded++;
    return { status: response.status, text };
  };
  const callStatus = async () => (await call()).status;

  test("calls are refused with 503 while the disk is full, and the process goes on", async () => {
    for (let i = 0; i < 20; i++) expect(await callStatus()).toBe(200);
    // The write ends when the disk is full.
    await expect(writeFile(join(disk, "fill"), Buffer.alloc(DISK_BYTES))).rejects.toThrow("ENOSPC");
    await expect.poll(callStatus, POLL).toBe(503);
    const { status, text } = await call();
    expect([status, text]).toEqual([503, expect.stringContaining("Try again")]);
  });

  test("a log loses the lines that the disk has no space for, and ends nothing", async () => {
    const path = join(disk, "log");
    const log = new LogFile(path);
    log.write("lost\n".repeat(DISK_BYTES / 4));
    await sleep(200);
    await rm(join(disk, "fill"));
    await rm(path, { force: true });
    log.write("kept\n");
    await expect.poll(() => readFile(path, "utf8"), POLL).toContain("kept");
  });

  test("calls succeed as soon as the disk has space, without a restart", async () => {
    await expect.poll(callStatus, POLL).toBe(200);
    expect(await callStatus()).toBe(200);
  });

  test("the audit log has every call that succeeded", async () => {
    const listCalls = async () =>
      Calls.parse(await manage(gateway.api, "GET", "/workspaces/full/tool-calls?limit=500")).items;
    const countSucceeded = async () =>
      (await listCalls()).filter(({ status }) => status === "ok").length;
    await expect.poll(countSucceeded, POLL).toBe(succeeded);
    const numbers = (await listCalls()).map(({ seq }) => seq);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
