import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join as joinPath } from "node:path";
import { promisify } from "node:util";
import Docker from "dockerode";
import { strFromU8, unzipSync } from "fflate";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../../container-host/config.ts";
import { DockerEngine } from "../../../container-host/engine/docker-engine.ts";
import { openHost } from "../../../container-host/host.ts";
import { EgressProxy } from "../../../container-host/network/egress-proxy.ts";
import { Firewall } from "../../../container-host/network/firewall.ts";
import { manage } from "../../../scripts/management-client.ts";
import { root } from "../../../scripts/worker-bundle.ts";
import { createOpenWorkspace } from "../../fixtures/local-gateway.ts";
import { answerMessages } from "../../fixtures/messages-api.ts";
import { checkImage } from "../hosting/check-image.ts";
import { findProblems } from "./axe.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const TIMEOUT_MS = 120_000;
const run = promisify(execFile);

/** A check starts no network, so that the machine's firewall stays unchanged. */
class NoFirewall extends Firewall {
  override ensure(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

/** A stand-in for Anthropic's Messages API. */
async function startMessagesApi(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const reply = answerMessages(body);
      response.writeHead(reply?.status ?? 500).end(reply?.body);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const isPossible = hasChromium && checkImage !== null;

describe.skipIf(!isPossible)("the page that has servers written", { timeout: TIMEOUT_MS }, () => {
  let stage: Stage;
  let messages: Server;
  let host: Server;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(joinPath(tmpdir(), "workshop-"));
    const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const { x = "", d = "" } = await exportJWK(privateKey);
    const config = parseConfig({
      MCPNEST_HOST_ID: "workshop",
      MCPNEST_HOST_ISSUER: "mcpnest",
      MCPNEST_HOST_KEYS: JSON.stringify([{ kid: "k1", x }]),
      MCPNEST_HOST_IMAGES: JSON.stringify({ check: { id: checkImage } }),
      MCPNEST_HOST_STATE: joinPath(folder, "host"),
      MCPNEST_HOST_CLOCK_SKEW_SECONDS: "0",
      // What this machine's engine is like is not what is tested.
      MCPNEST_HOST_ACCEPTED_CHECKS:
        "engine,runc,kernel,cgroup,seccomp,security-module,namespaces,storage,firewall,neighbours",
    });
    const opened = await openHost(config, {
      engine: new DockerEngine(),
      proxy: new EgressProxy([]),
      firewall: new NoFirewall(config.pool.cidr),
    });
    host = opened.api;
    await once(host.listen(0, "127.0.0.1"), "listening");
    messages = await startMessagesApi();
    stage = await openStage(
      "team",
      async ({ api }) => {
        await createOpenWorkspace(api, "team", []);
        const { publicKey } = opened.identity;
        await manage(api, "POST", "/hosts", { id: "workshop", url: urlOf(host), publicKey });
      },
      {
        bindings: {
          MCPNEST_GATEWAY_KEY: JSON.stringify({ kid: "k1", x, d }),
          ANTHROPIC_API_KEY: "sk-ant-key-of-the-test",
          ANTHROPIC_BASE_URL: urlOf(messages),
        },
      },
    );
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
    host.closeAllConnections();
    host.close();
    messages.closeAllConnections();
    messages.close();
    await rm(folder, { recursive: true });
  });

  /** Describes a server; resolves with the names of the checks that have failed. */
  async function write(description: string, verdict: string): Promise<string[]> {
    const { page } = stage;
    await page.getByLabel("What the server does").fill(description);
    await page.getByRole("button", { name: "Write the server" }).click();
    await page.getByText(verdict, { exact: true }).waitFor({ timeout: 60_000 });
    const failed = page.getByRole("list", { name: "Checks" }).getByRole("listitem");
    return failed.filter({ hasText: "(failed)" }).allTextContents();
  }

  test("shows only the good one of three answers as passed; its project builds, starts and lists its tools", async () => {
    const { page } = stage;
    await page.goto("/workshop/generate");
    expect(await write("weather", "Passed")).toEqual([]);
    await page.getByRole("list", { name: "Tools" }).getByText("get_weather").waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([colorScheme, await findProblems(page)]).toEqual([colorScheme, []]);
    }
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the project" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toBe("weather.zip");
    await runProject(await download.path());

    const broken = await write("broken", "Not passed");
    expect(broken).toHaveLength(1);
    expect(broken[0]).toContain("error TS2322");
    await page.getByRole("button", { name: "Download the unproved project" }).waitFor();
    await page.reload();
    const injected = await write("injected", "Not passed");
    expect(injected).toHaveLength(1);
    expect(injected[0]).toContain("instruction to the model");
    expect(await page.content()).not.toContain("evil.example");
    expect(stage.owner.problems).toEqual([]);
  });

  /** Unpacks a project, links this repository's packages in place of `npm install`, builds it and runs its test. */
  async function runProject(archive: string): Promise<void> {
    const files = unzipSync(await readFile(archive));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(joinPath(folder, path)), { recursive: true });
      await writeFile(joinPath(folder, path), strFromU8(content));
    }
    const project = joinPath(folder, "weather");
    await symlink(joinPath(root, "node_modules"), joinPath(project, "node_modules"));
    const tsc = joinPath(root, "node_modules/typescript/lib/tsc.js");
    await run(process.execPath, [tsc], { cwd: project });
    const tested = await run(process.execPath, ["--test", "test/server.test.mjs"], {
      cwd: project,
      env: { PATH: process.env["PATH"] },
    });
    expect(tested.stdout).toContain("pass 1");
  }

  test("makes a server from a form, whose problems it names, and the engine keeps no container", async () => {
    const { page } = stage;
    await page.goto("/workshop/generate");
    await page.getByRole("tab", { name: "From a form" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Not a name");
    await page.getByRole("button", { name: "Make the server" }).click();
    await page.getByText("Use a-z, 0-9 and dashes within", { exact: false }).waitFor();
    await page.getByLabel("Name", { exact: true }).fill("trams");
    await page.getByLabel("Description").fill("Looks up departures of trams.");
    await page.getByLabel("Name of the tool").fill("list_departures");
    await page.getByLabel("What the tool does").fill("Lists the next departures of a station.");
    await page.getByRole("button", { name: "Add a parameter" }).click();
    await page.getByLabel("Parameter", { exact: true }).fill("station");
    await page.getByLabel("Meaning").fill("Name of the station");
    expect(await findProblems(page)).toEqual([]);
    await page.getByRole("button", { name: "Make the server" }).click();
    await page.getByText("Passed", { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole("list", { name: "Tools" }).getByText("list_departures").waitFor();
    const label = ["mcpnest.host=workshop"];
    expect(await new Docker().listContainers({ all: true, filters: { label } })).toEqual([]);
    expect(stage.owner.problems).toEqual([]);
  });
});
