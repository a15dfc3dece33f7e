import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCheck } from "../../../registry-client/src/check/run.ts";

const SECRET = "a-value-that-stays-here";
const ENTRY = {
  name: "com.example/weather",
  packages: [
    {
      registryType: "npm",
      identifier: "@acme/weather",
      version: "2.0.0",
      transport: { type: "stdio" },
      environmentVariables: [{ name: "WEATHER_KEY", isRequired: true }],
    },
  ],
};

let folder: string;
let catalogue: Server;
let url: string;
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcpnest-check-"));
  catalogue = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push(`${request.url} ${body}`);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ items: [{ name: ENTRY.name, document: ENTRY }] }));
    });
  });
  await new Promise<void>((resolve) => {
    catalogue.listen(0, "127.0.0.1", resolve);
  });
  url = `http://127.0.0.1:${(catalogue.address() as AddressInfo).port}`;
});

afterAll(async () => {
  catalogue.close();
  await rm(folder, { recursive: true });
});

const write = async (name: string, value: unknown) => {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(value));
  return path;
};
const check = async (...argv: string[]) => {
  const lines: string[] = [];
  const code = await runCheck(argv, (line) => lines.push(line));
  return { code, text: lines.join("\n") };
};

test("the exit code says whether something is found, and each line names file, line and reason", async () => {
  const sound = await write("sound.json", { mcpServers: { a: { command: "x" } } });
  const broken = await write("broken.json", { mcpServers: { a: { command: "x", args: "y z" } } });
  expect(await check(sound, "--client", "cursor")).toEqual({
    code: 0,
    text: `${sound}: nothing found`,
  });
  const { code, text } = await check(broken, "--client", "cursor");
  expect(code).toBe(1);
  expect(text).toMatch(/broken\.json:1:\d+ high FMT-01 a: The arguments are one text\./);
  const sarif = await check(sound, broken, "--client", "cursor", "--format", "sarif");
  expect(
    JSON.parse(sarif.text).runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId),
  ).toEqual(["FMT-01"]);
});

test("the catalogue gets packages and addresses, and nothing else", async () => {
  const file = await write("weather.json", {
    mcpServers: {
      w: { command: "npx", args: ["-y", "@acme/weather", SECRET], env: { OTHER: SECRET } },
    },
  });
  const { code, text } = await check(file, "--client", "cursor", "--catalogue", url);
  expect(code).toBe(1);
  expect(text).toContain("The variable WEATHER_KEY is missing.");
  expect(asked).toEqual(['/api/workshop/entries {"packages":["npm:@acme/weather"],"urls":[]}']);
});

test("a server.json is checked as one, and a wrong command line is refused", async () => {
  const file = await write("server.json", { name: "x" });
  expect((await check(file)).text).toContain("FMT-02");
  const other = await write("published.json", { name: "x", version: "latest", packages: [] });
  expect((await check(other)).text).toContain("FMT-02");
  expect((await check(other, "--client", "cursor")).text).not.toContain("FMT-02");
  await expect(check(file, "--client", "notepad")).rejects.toThrow("--client is wrong");
  await expect(check()).rejects.toThrow("No file is given");
});
