import { createExecutionContext } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { bindings, change, HOST, makeWorkspace } from "../support/gateway-client.ts";
import { OPERATOR_KEY } from "../support/management-client.ts";

// workerd has no jurisdictions, so that the namespaces only note which one is asked for.
test("with a jurisdiction, every object with data of a workspace is asked for there", async () => {
  const asked = new Set<string>();
  const only = <N>(name: string, namespace: N) =>
    // Nothing else of the namespace can be used.
    ({ jurisdiction: (where: string) => (asked.add(`${name} ${where}`), namespace) }) as N;
  const env: Env = {
    ...bindings,
    WORKSPACE_JURISDICTION: "eu",
    WORKSPACES: only("workspaces", bindings.WORKSPACES),
    HTTP_SSE_SESSIONS: only("sessions", bindings.HTTP_SSE_SESSIONS),
  };
  const client = await makeWorkspace("restricted", { ok: "/ok" });
  const input = { slug: "pages", url: `${inject("pageUrl")}/restricted` };
  await change("restricted", { type: "server.create", input });
  const ask = (path: string, token: string, body?: object) => {
    const headers = {
      host: HOST,
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const init = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
    const request = new Request(`http://${HOST}/api${path}`, init);
    return handleRequest(request, env, createExecutionContext());
  };
  for (const name of ["echo", "snapshot"]) {
    const params = { name, arguments: {} };
    const message = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
    const response = await ask(`/gw/${client.slug}`, client.token, message);
    expect(await response.text()).toContain('"result"');
  }
  expect((await ask(`/workspaces/${client.slug}/health`, OPERATOR_KEY)).status).toBe(200);
  const made = { slug: "restricted-too", name: "x" };
  expect((await ask("/workspaces", OPERATOR_KEY, made)).status).toBe(201);
  await runScheduled("* * * * *", Date.now(), env);
  expect(asked).toEqual(new Set(["workspaces eu", "sessions eu"]));
});
