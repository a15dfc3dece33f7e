import { expect } from "vitest";
import { send } from "./gateway-client.ts";

/** The operator key, from `vitest.config.ts`. */
export const OPERATOR_KEY = "test-operator-key-0123456789abcdef";

/** The bodies of all responses so far, for tests that search them for secrets. */
export const responseTexts: string[] = [];

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a body
export type Json = any;

export interface ApiResponse {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

/** Sends a request with the operator key; `init` overrides. Checks the headers that every response has. */
export async function manage(
  method: string,
  path: string,
  body?: unknown,
  init: RequestInit = {},
): Promise<ApiResponse> {
  const response = await send(`/api${path}`, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...init,
  });
  const text = new TextDecoder().decode(await response.arrayBuffer());
  responseTexts.push(text);
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect([...response.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual(
    [],
  );
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson ? JSON.parse(text) : null,
  };
}

/** Returns status, code and message of an error response, without its request id. */
export function refusalOf({ status, body }: ApiResponse): string {
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error)).toEqual(["code", "message", "requestId"]);
  expect(body.error.requestId).toMatch(/^[\da-f-]{36}$/);
  return `${status} ${body.error.code}: ${body.error.message}`;
}

/** Creates a workspace; returns the path of its resources. */
export async function createWorkspace(slug: string): Promise<string> {
  const created = await manage("POST", "/workspaces", { slug, name: slug });
  expect(created.status).toBe(201);
  return `/workspaces/${slug}`;
}

/** Returns the id of the workspace that has the slug now. */
export async function readWorkspaceId(slug: string): Promise<string> {
  return (await manage("GET", `/workspaces/${slug}`)).body.id;
}

/** Returns the id of a server of a workspace. */
export async function readServerId(slug: string, server: string): Promise<string> {
  return (await manage("GET", `/workspaces/${slug}/servers/${server}`)).body.id;
}
