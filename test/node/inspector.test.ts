import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDemo, DEMO } from "../../scripts/demo-workspace.ts";
import { startExampleServers, type ExampleServer } from "../../scripts/example-servers.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";

const program = join(
  root,
  "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js",
);
const COMMAND_WITHIN_MS = 20_000;

let gateway: LocalGateway;
let examples: ExampleServer[];
let token: string;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "mcpnest-inspector-"));
  [gateway, examples] = await Promise.all([startLocalGateway(), startExampleServers({})]);
  token = await createDemo(gateway.api, examples);
});

afterAll(async () => {
  for (const example of examples) example.process.kill();
  await gateway.stop();
  await rm(home, { recursive: true });
});

describe.each(["legacy", "modern"])("the Inspector's command line, era %s", (era) => {
  const inspect = (...args: string[]) =>
    run(["--protocol-era", era, "--header", `Authorization: Bearer ${token}`, ...args]);

  test("the Inspector lists the tools of both demo servers", async () => {
    const { stdout, exitCode } = await inspect("--method", "tools/list");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      tools: expect.arrayContaining([
        expect.objectContaining({ name: "everything__echo" }),
        expect.objectContaining({ name: "everything_sse__echo" }),
      ]),
    });
  });

  test.each(["everything__echo", "everything_sse__echo"])(
    "the Inspector calls %s",
    async (name) => {
      const args = ["--tool-name", name, "--tool-arg", "message=hello"];
      const { stdout } = await inspect("--method", "tools/call", ...args);
      expect(JSON.parse(stdout)).toMatchObject({
        content: [{ type: "text", text: "Echo: hello" }],
      });
    },
  );

  test("the Inspector reads a resource of a template", async () => {
    const uri = "demo://resource/dynamic/text/7";
    const { stdout } = await inspect("--method", "resources/read", "--uri", uri);
    expect(JSON.parse(stdout)).toMatchObject({ contents: [{ uri, mimeType: "text/plain" }] });
  });

  test("the Inspector gets a prompt with an argument", async () => {
    const args = ["--prompt-name", "everything__args-prompt", "--prompt-args", "city=Oslo"];
    const { stdout } = await inspect("--method", "prompts/get", ...args);
    expect(stdout).toContain("Oslo");
  });
});

test("the Inspector is refused without a token", async () => {
  const { stderr, exitCode } = await run(["--stored-auth-only", "--method", "tools/list"]);
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/auth_required|401|unauthorized/i);
});

/** Runs `mcp-inspector --cli` against the demo workspace, with a separate home folder. */
function run(args: string[]): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const url = `${gateway.api.apiUrl}/gw/${DEMO}`;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, "--cli", url, "--transport", "http", ...args],
      { env: { ...process.env, HOME: home, USERPROFILE: home }, timeout: COMMAND_WITHIN_MS },
      (_error, stdout, stderr) => resolve({ stdout, stderr, exitCode: child.exitCode }),
    );
  });
}
