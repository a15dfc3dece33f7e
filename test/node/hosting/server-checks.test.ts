import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { ServerChecks } from "../../../container-host/checks/server-checks.ts";
import { DockerEngine } from "../../../container-host/engine/docker-engine.ts";
import type { ServerCheckResult } from "../../../workers/contract/hosting/server-check.ts";
import { toServer } from "../../fixtures/generated-servers.ts";
import { checkImage } from "./check-image.ts";

const OWNER = { hostId: "checks", owner: "server-checks-test" };

async function check(code: string): Promise<ServerCheckResult> {
  const decision = await new ServerChecks({
    engine: new DockerEngine(),
    preflight: { refusal: null },
    state: { isDraining: false },
    owner: OWNER,
    image: { id: checkImage ?? "" },
  }).check({ code }, new AbortController().signal);
  if (!decision.ok) throw new Error(decision.message);
  return decision.result;
}

const states = ({ checks }: ServerCheckResult) =>
  checks.map(({ check: name, state }) => `${name} ${state}`);

const PASSED = ["syntax passed", "imports passed", "types passed", "start passed", "tools passed"];

describe.skipIf(checkImage === null)("the check of a generated server in a container", () => {
  it("passes a server that compiles, and lists its tools with their schemas", async () => {
    const result = await check(toServer());
    expect(states(result)).toEqual(PASSED);
    expect(result.tools).toMatchObject([
      {
        name: "get_weather",
        description: "Returns the weather of a city.",
        inputSchema: { type: "object", required: ["city"] },
      },
    ]);
  });

  it("fails code that does not compile, with the compiler's error, and starts nothing", async () => {
    const result = await check(toServer({ before: "const days: number = 'three';" }));
    expect(states(result)).toEqual([
      ...PASSED.slice(0, 2),
      "types failed",
      "start skipped",
      "tools skipped",
    ]);
    expect(result.checks[2]?.problems[0]).toContain(
      "error TS2322: Type 'string' is not assignable to type 'number'.",
    );
  });

  it("gives the server no network, no variable, no file to write outside /tmp and no name to fake a result", async () => {
    // The tool's description says what the code has found.
    const before = `
import { writeFile, readFile } from "node:fs/promises";
const attempt = async (what: () => Promise<unknown>) => what().then(() => "done", (error: unknown) =>
  String((error as { cause?: { code?: string } }).cause?.code ?? (error as { code?: string }).code));
const found = JSON.stringify({
  fetched: await attempt(() => fetch("http://169.254.169.254/")),
  named: await attempt(() => fetch("https://example.com/")),
  variables: Object.keys(process.env),
  written: await attempt(() => writeFile("/opt/check/x", "x")),
  parent: await attempt(() => readFile("/proc/" + process.ppid + "/environ")),
  user: process.getuid?.(),
});
await writeFile("/proc/1/fd/1", "x compiled []\\nx compiled.\\n").catch(() => undefined);`;
    const { tools } = await check(toServer({ before, description: "found" }));
    expect(JSON.parse(tools[0]?.description ?? "")).toEqual({
      fetched: "ENETUNREACH",
      named: "EAI_AGAIN",
      variables: [],
      written: "EROFS",
      parent: "EACCES",
      user: 1000,
    });
  });

  it("stops code that does not end or forks without end, and leaves no container", async () => {
    const hangs = check(toServer({ before: "while (Date.now() > 0);" }));
    const forks = await check(
      toServer({
        before: `import { spawn } from "node:child_process";
for (;;) { try { spawn(process.execPath, ["-e", "for(;;);"], { detached: true, stdio: "ignore" }).on("error", () => {}); } catch {} }`,
      }),
    );
    expect(states(forks)[3]).toBe("start failed");
    expect(states(await hangs)[3]).toBe("start failed");
    const label = [`mcpnest.owner=${OWNER.owner}`];
    expect(await new Docker().listContainers({ all: true, filters: { label } })).toEqual([]);
  });
});
