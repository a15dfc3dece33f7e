import { createExecutionContext, createScheduledController } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import worker from "../../../workers/index.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { bindings } from "../support/gateway-client.ts";

afterEach(() => void vi.restoreAllMocks());

async function request(changed: Partial<Record<keyof Env, unknown>>, path = "/api/gw/demo") {
  const url = `http://127.0.0.1:8787${path}`;
  const env = { ...bindings, ...changed } as Env;
  const incoming = new Request<unknown, IncomingRequestCfProperties>(url, {
    method: "POST",
    headers: { host: "127.0.0.1:8787", "content-type": "application/json" },
  });
  return worker.fetch(incoming, env, createExecutionContext());
}

describe("the environment of the Worker", () => {
  test.each<[keyof Env, unknown]>([
    ["MCPNEST_OPERATOR_KEY", undefined],
    ["MCPNEST_OPERATOR_KEY", "too-short-canary"],
    ["MCPNEST_OPERATOR_KEY", " ".repeat(40)],
    ["MCPNEST_MASTER_KEYS", undefined],
    ["MCPNEST_MASTER_KEYS", ""],
    ["MCPNEST_MASTER_KEYS", '[{"kid":"k1","key":"canary"}]'],
    ["ALLOWED_HOSTS", "https://canary.example.com/"],
    ["ALLOWED_ORIGINS", "canary.example.com"],
    ["CLIENT_ADDRESS_HEADER", "canary header"],
    ["ALLOW_PRIVATE_UPSTREAMS", "canary"],
    ["UPSTREAM_PORTS", "canary"],
    ["UPSTREAM_PORTS", "8443, 9443"],
    ["UPSTREAM_PORTS", "0"],
    ["UPSTREAM_PORTS", "65536"],
    ["DEPLOYMENT", ""],
    ["DATABASE_MAX_GB", undefined],
    ["DATABASE_MAX_GB", "canary"],
    ["DATABASE_MAX_GB", "0"],
    ["ACCESS_TEAM_DOMAIN", "canary.cloudflareaccess.com"],
    ["ACCESS_AUDIENCE", undefined],
    ["WORKSPACE_JURISDICTION", "canary"],
    ["MARKETPLACE_PUBLIC", "canary"],
    ["MARKETPLACE_GITHUB", "canary"],
    ["MARKETPLACE_NPM", undefined],
    ["GITHUB_TOKEN", "canary\n"],
    ["MARKETPLACE_PROBES", "canary"],
    ["MARKETPLACE_PUBLISHING", "canary"],
    ["MARKETPLACE_PUBLISHING", '{"dns":"canary"}'],
    ["GITHUB_OAUTH_CLIENT", "canary"],
    ["BUDGETS", "canary"],
    ["BUDGETS", '{"totalMs":"canary"}'],
    ["BUDGETS", '{"totalMs":0}'],
    ["MCPNEST_MASTER_KEYS", '[{"canary":"k1"}]'],
    ["MCPNEST_GATEWAY_KEY", "canary"],
    ["MCPNEST_GATEWAY_KEY", '{"kid":"","x":"","d":""}'],
    ["MCPNEST_HOST_ACCESS", '{"id":"canary"}'],
  ])(
    "the Worker refuses requests with the name of %s when its value is %j",
    async (name, value) => {
      for (const path of ["/api/gw/demo", "/api/workspaces", "/"]) {
        const response = await request({ [name]: value }, path);
        expect(response.status).toBe(500);
        const text = await response.text();
        expect(JSON.parse(text)).toMatchObject({ error: { code: "environment_invalid" } });
        expect(text).toContain(`${name}: `);
        expect(text).not.toContain("canary");
      }
    },
  );

  test("the response names every wrong variable, and they are logged once", async () => {
    const log = vi.spyOn(console, "log");
    const env = { ...bindings, DEPLOYMENT: "", BUDGETS: "[]" };
    const fetch = () =>
      worker.fetch(
        new Request<unknown, IncomingRequestCfProperties>("http://127.0.0.1:8787/"),
        env,
        createExecutionContext(),
      );
    const body = await (await fetch()).text();
    await fetch();
    expect(body).toMatch(/DEPLOYMENT: .*BUDGETS: |BUDGETS: .*DEPLOYMENT: /);
    const lines = log.mock.calls.filter(([line]) => String(line).includes("environment_invalid"));
    expect(lines).toHaveLength(1);
  });

  test("an unknown budget is named, and text that is not JSON is called that", async () => {
    expect(await (await request({ BUDGETS: '{"toalMs":5}' })).text()).toContain("toalMs");
    expect(await (await request({ BUDGETS: "{" })).text()).toContain("not JSON");
  });

  test("the environment is checked before a cron job runs", async () => {
    const env = { ...bindings, BUDGETS: JSON.stringify({ totalMs: "x" }) };
    const controller = createScheduledController({ cron: "*/5 * * * *", scheduledTime: 0 });
    await expect(worker.scheduled(controller, env)).rejects.toThrow(/BUDGETS: /);
  });

  test("the environment of wrangler.toml and the test configuration is accepted", async () => {
    expect((await request({})).status).toBe(401);
  });
});
