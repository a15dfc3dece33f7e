import { createExecutionContext } from "cloudflare:test";
import { expect, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { bindings, HOST } from "../support/gateway-client.ts";
import { OPERATOR_KEY } from "../support/management-client.ts";

/** The bindings, with a namespace that notes the options with which each Workspace object is asked for. */
function noteOptions() {
  const noted: [slug: string, options: unknown][] = [];
  const getByName = (slug: string, options?: DurableObjectNamespaceGetDurableObjectOptions) => {
    noted.push([slug, options]);
    return bindings.WORKSPACES.getByName(slug, options);
  };
  const WORKSPACES = { getByName } as unknown as Env["WORKSPACES"];
  return { noted, env: { ...bindings, WORKSPACES } };
}

test.each([
  ["weur", "EU", "2.35"],
  ["eeur", "EU", "24.94"],
  ["wnam", "NA", "-122.42"],
  ["enam", "NA", "-74.01"],
  ["sam", "SA", "-46.63"],
  ["apac", "AS", "139.69"],
  ["me", "AS", "55.27"],
  ["oc", "OC", "151.21"],
  ["afr", "AF", "18.42"],
  [null, "T1", undefined],
])(
  "a workspace is made near its maker, %s, and later requests from elsewhere do not move it",
  async (hint, continent, longitude) => {
    const slug = `near-${hint ?? "unknown"}`;
    const { env, noted } = noteOptions();
    const ask = (method: string, path: string, body: object, cf: object) => {
      const headers = {
        host: HOST,
        authorization: `Bearer ${OPERATOR_KEY}`,
        "content-type": "application/json",
      };
      const init = { method, headers, body: JSON.stringify(body), cf: cf as CfProperties };
      return handleRequest(
        new Request(`http://${HOST}/api${path}`, init),
        env,
        createExecutionContext(),
      );
    };
    const made = await ask("POST", "/workspaces", { slug, name: slug }, { continent, longitude });
    expect(made.status).toBe(201);
    const elsewhere = { continent: "SA", longitude: "-46.63" };
    expect((await ask("PATCH", `/workspaces/${slug}`, { name: "x" }, elsewhere)).status).toBe(200);
    expect(noted).toEqual([
      [slug, hint === null ? undefined : { locationHint: hint }],
      [slug, undefined],
    ]);
  },
);
