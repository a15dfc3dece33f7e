import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listen } from "../fixtures/listen.mjs";

const PROGRAM = join(import.meta.dirname, "../../registry-client/src/contracts/main.ts");

const toLock = (...tools: [name: string, description: string][]) => ({
  lockVersion: 1,
  servers: {
    s: {
      definitions: tools.map(([key, description]) => ({
        kind: "tool",
        key,
        digest: "a".repeat(64),
        json: JSON.stringify({ name: key, description, inputSchema: { type: "object" } }),
      })),
    },
  },
});

let folder: string;
let gateway: { url: string; close: () => Promise<void> };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-lock-"));
  gateway = await listen(
    http.createServer((request, response) => {
      const isAllowed = request.headers.authorization === "Bearer test-key";
      response.writeHead(isAllowed && request.url === "/api/workspaces/acme/mcp.lock" ? 200 : 401);
      response.end(JSON.stringify(toLock(["a", "Changed"], ["b", "New"])));
    }),
    0,
  );
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

/** Runs the program with a file of this content. */
async function compare(content: unknown, ...options: string[]) {
  const file = join(folder, "mcp.lock");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  const words = [PROGRAM, file, "--workspace", `${gateway.url}/acme`, ...options];
  const env = { ...process.env, MCPNEST_API_KEY: "test-key" };
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, words, { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test("a file that says what the workspace approves passes, whatever its form", async () => {
  const lock = toLock(["b", "New"], ["a", "Changed"]);
  expect(await compare(JSON.stringify(lock, null, 4))).toMatchObject({ code: 0 });
});

test("what the workspace approves in another way is listed, and fails", async () => {
  const lock = toLock(["a", "First"], ["gone", "Old"]);
  const { code, stdout } = await compare(lock, "--format", "json");
  expect(code).toBe(1);
  const found: { key: string; change: string }[] = JSON.parse(stdout);
  expect(found.map(({ key, change }) => `${key} ${change}`).toSorted()).toEqual([
    "a changed",
    "b added",
    "gone removed",
  ]);
  expect((await compare(lock)).stdout).toMatch(/s: tool gone removed/);
});

test("a file that cannot be read is refused with the place", async () => {
  expect(await compare("{")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is no JSON/),
  });
  const odd = { lockVersion: 1, servers: { s: { definitions: [{ kind: "tool" }] } } };
  expect(await compare(odd)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/servers\.s\.definitions\.0/),
  });
});
