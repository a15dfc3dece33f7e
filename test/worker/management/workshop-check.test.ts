import { expect, test } from "vitest";
import { makeOwner } from "../support/browser.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";
import { entry } from "../support/registries.ts";

const NAMESPACE = "com.example.workshop-check";
const importServer = async (name: string, server: object) => {
  const { body } = await manage("POST", "/marketplace/imports", {
    source: "official",
    page: { servers: [entry(`${NAMESPACE}/${name}`, server)] },
  });
  expect(body.rejected).toEqual([]);
};
const weather = {
  packages: [
    {
      registryType: "npm",
      identifier: "@workshop-check/weather",
      version: "2.0.0",
      transport: { type: "stdio" },
      environmentVariables: [{ name: "WEATHER_KEY", isRequired: true, isSecret: true }],
    },
  ],
};

test("a configuration is checked by its client's format and by the marketplace's entries, without its values", async () => {
  await importServer("weather", weather);
  const text = JSON.stringify({
    mcpServers: {
      weather: { command: "npx", args: ["-y", "@workshop-check/weather"] },
      docs: {
        httpUrl: "https://docs.example.com/mcp",
        headers: { Authorization: "Bearer hidden-value" },
      },
    },
  });
  const { status, body } = await manage("POST", "/workshop/check", { text, client: "cursor" });
  expect(status).toBe(200);
  expect(body.client).toBe("cursor");
  expect(body.findings.map(({ rule, server }: Json) => [rule, server])).toEqual([
    ["FMT-01", "docs"],
    ["FMT-03", "weather"],
  ]);
  expect(body.findings[1].message).toBe("The variable WEATHER_KEY is missing.");
  expect(JSON.stringify(body)).not.toContain("hidden-value");
});

test("a server.json is recognized by its content and checked as one, unless a client is named", async () => {
  const text = JSON.stringify({ name: "com.example/x", version: "latest", packages: [] });
  const { status, body } = await manage("POST", "/workshop/check", { text });
  expect(status).toBe(200);
  expect(body).toMatchObject({ client: null, candidates: [] });
  const rules = body.findings.map(({ rule }: Json) => rule);
  expect(rules).toContain("FMT-02/unknown-schema");
  expect(rules.every((rule: string) => rule.startsWith("FMT-02/"))).toBe(true);
  const named = await manage("POST", "/workshop/check", { text, client: "cursor" });
  expect(named.body.findings.map(({ rule }: Json) => rule)).toEqual(["FMT-01"]);
});

test("entries are found by packages and addresses alone", async () => {
  await importServer("sun", {
    packages: [
      {
        registryType: "npm",
        identifier: "workshop-check-sun",
        version: "1.0.0",
        transport: { type: "stdio" },
      },
    ],
  });
  const { body } = await manage("POST", "/workshop/entries", {
    packages: ["npm:workshop-check-sun"],
    urls: ["https://nowhere.example/mcp"],
  });
  expect(body.items.map(({ name }: Json) => name)).toEqual([`${NAMESPACE}/sun`]);
  expect(
    (await manage("POST", "/workshop/entries", { packages: [], urls: [] })).body.items,
  ).toEqual([]);
  // A search for the words of these finds the entry, which has another package.
  for (const packages of [["sun"], ["check"], ["npm:workshop.check.sun"], ["npm:workshop-check"]]) {
    const likely = await manage("POST", "/workshop/entries", { packages, urls: [] });
    expect(likely.body.items).toEqual([]);
  }
});

test("a text that is too large or no body of the route is refused", async () => {
  const large = await manage("POST", "/workshop/check", { text: "x".repeat(1024 * 1024 + 1) });
  expect(large.status).toBe(413);
  expect((await manage("POST", "/workshop/check", { text: 1 })).status).toBe(400);
  const urls = Array.from({ length: 21 }, (_, index) => `https://e${index}.example/mcp`);
  const olga = await makeOwner("workshop-check-body");
  expect((await olga.send("POST", "/workshop/check-endpoints", { urls })).status).toBe(400);
});

test("endpoints are asked for a handshake for signed-in people, and addresses that the gateway does not call are not", async () => {
  const olga = await makeOwner("workshop-check-endpoints");
  const url = await setLists("workshop-check", { tools: [] });
  const { status, body } = await olga.send("POST", "/workshop/check-endpoints", {
    urls: [url, "http://169.254.169.254/mcp"],
  });
  const visitor = { headers: { "sec-fetch-site": "same-origin" } };
  const refused = await manage("POST", "/workshop/check-endpoints", { urls: [url] }, visitor);
  expect(refusalOf(refused)).toContain("401");
  expect(status).toBe(200);
  expect(body.items.map(({ outcome }: Json) => outcome)).toEqual(["answered", "skipped"]);
});

test("a program without a session can ask what changes nothing, and not for requests to addresses", async () => {
  const headers = { "content-type": "application/json" };
  const ask = (path: string, body: object) => manage("POST", path, body, { headers });
  const questions = { packages: ["npm:workshop-check-none"], urls: [] };
  expect((await ask("/workshop/entries", questions)).status).toBe(200);
  expect((await ask("/workshop/check", { text: "{}" })).status).toBe(200);
  const refused = await ask("/workshop/check-endpoints", { urls: [] });
  expect(refusalOf(refused)).toMatch(/^40[13] /);
});
