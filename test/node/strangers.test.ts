import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

const ADDRESS_HEADER = "x-test-address";
/** workerd evicts an object that was idle for 10 s. */
const EVICTED_AFTER_MS = 12_000;

let made = 0;
/** A token of valid form that no workspace has. */
const wrongToken = () => `mng_${(++made).toString(16).padStart(48, "f")}`;

let gateway: LocalGateway;
let client: { gatewayUrl: string; token: string };

beforeAll(async () => {
  gateway = await startLocalGateway({
    CLIENT_ADDRESS_HEADER: ADDRESS_HEADER,
    BUDGETS: JSON.stringify({ bodyIdleMs: 500, bodyTotalMs: 2_000 }),
  });
  client = await createOpenWorkspace(gateway.api, "known", []);
});

afterAll(() => gateway.stop());

const ping = (slug: string, token: string, address: string) =>
  fetch(`${gateway.api.apiUrl}/gw/${slug}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      [ADDRESS_HEADER]: address,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
  });

/** The storage files of the objects of one class. */
async function listObjects(name: string): Promise<string[]> {
  const files = await readdir(gateway.stateDir, { recursive: true });
  return files.filter((file) => file.includes(`${name}/`) && /[\da-f]{64}\.sqlite$/.test(file));
}

test("unknown slugs leave no files, and the objects that count failures have one each at most", async () => {
  const before = await listObjects("Workspace");
  for (let i = 0; i < 100; i++)
    expect((await ping(`unknown-${i}`, wrongToken(), `198.18.0.${i}`)).status).toBe(401);
  expect(before).toHaveLength(1);
  expect(await listObjects("Workspace")).toEqual(before);
  expect((await listObjects("AuthFailures")).length).toBeLessThanOrEqual(16);
});

test("silence does not empty the count of failures", async () => {
  const statuses: number[] = [];
  for (let i = 0; i < 31; i++)
    statuses.push((await ping("known", wrongToken(), "198.18.1.1")).status);
  expect(statuses).toEqual([...Array.from({ length: 30 }, () => 401), 429]);
  await sleep(EVICTED_AFTER_MS);
  expect((await ping("known", wrongToken(), "198.18.1.1")).status).toBe(429);
  expect((await ping("known", client.token, "198.18.1.2")).status).toBe(200);
});

/** Sends the head of a POST and a part of its body; returns all that the gateway sends until it closes the connection. */
function sendPart(path: string, headers: Record<string, string>, part: string): Promise<string> {
  const { hostname, port, host } = new URL(gateway.api.apiUrl);
  const lines = Object.entries({ host, "content-type": "application/json", ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(Number(port), hostname, () =>
      socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\n${part}`),
    );
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (received += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
  });
}

describe("a body that does not arrive completely", () => {
  const large = { "content-length": String(1_000_000) };
  const small = { "content-length": "100" };
  const chunked = { "transfer-encoding": "chunked" };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  test.each([
    ["declared", small, "{"],
    ["large", large, "{"],
    ["chunked", chunked, "1\r\n{\r\n"],
  ])("and is %s gets 408, and the connection is closed", async (_, framing, part) => {
    const headers = { ...bearer(client.token), ...framing };
    expect(await sendPart("/api/gw/known", headers, part)).toMatch(/^HTTP\/1.1 408 /);
    const manager = { ...bearer(gateway.api.operatorKey), ...framing };
    for (const path of ["/api/workspaces", "/api/workspaces/known/tokens"])
      expect(await sendPart(path, manager, part)).toMatch(/^HTTP\/1.1 408 /);
    const page = { ...framing, "sec-fetch-site": "same-origin" };
    expect(await sendPart("/api/auth/recovery-code", page, part)).toMatch(/^HTTP\/1.1 408 /);
  });

  test.each([
    ["declared", small, "{"],
    ["large", large, "{"],
    ["chunked", chunked, "1\r\n{\r\n"],
  ])("and is %s is not waited for if its sender is not known", async (_, framing, part) => {
    const gatewayHeaders = { ...bearer(wrongToken()), ...framing, [ADDRESS_HEADER]: "198.18.2.1" };
    expect(await sendPart("/api/gw/known", gatewayHeaders, part)).toMatch(/^HTTP\/1.1 401 /);
    const headers = { ...bearer("wrong"), ...framing, [ADDRESS_HEADER]: "198.18.2.2" };
    expect(await sendPart("/api/workspaces", headers, part)).toMatch(/^HTTP\/1.1 401 /);
  });
});

test("wrong operator and API keys are limited by address, and the operator key works meanwhile", async () => {
  const address = "198.18.3.1";
  const list = async (key: string, from = address) => {
    const headers = { authorization: `Bearer ${key}`, [ADDRESS_HEADER]: from };
    return (await fetch(`${gateway.api.apiUrl}/workspaces`, { headers })).status;
  };
  expect(await list(gateway.api.operatorKey)).toBe(200);
  const attempts = Array.from({ length: 60 }, (_, i) =>
    list(i % 2 ? `operator-key-${i}`.padEnd(40, "x") : `mnk_${i.toString(16).padStart(48, "0")}`),
  );
  const statuses = await Promise.all(attempts);
  expect(statuses.filter((status) => status === 401)).toHaveLength(30);
  expect(statuses.filter((status) => status === 429)).toHaveLength(30);
  expect(await list(gateway.api.operatorKey)).toBe(200);
  expect(await list("wrong", "198.18.3.2")).toBe(401);
  // The failures are those of the address, whatever it tried.
  expect((await ping("known", wrongToken(), address)).status).toBe(429);
  await manage(gateway.api, "GET", "/workspaces");
});
