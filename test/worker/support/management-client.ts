import { expect } from "vitest";
import { send } from "./gateway-client.ts";

export const OPERATOR_KEY = "test-operator-key-0123456789abcdef";

/** Every answer so far, for tests that look for what must be in none. */
export const answers: string[] = [];

// oxlint-disable-next-line typescript/no-explicit-any -- looked into freely: what it holds is what the tests are about
export type Json = any;

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Json;
}

/** Sends a request to the management API with the operator key; `init` overrides. */
export async function manage(
  method: string,
  path: string,
  body?: unknown,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await send(`/api${path}`, {
    method,
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...init,
  });
  const text = new TextDecoder().decode(await response.arrayBuffer());
  answers.push(text);
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

/** A refusal's code, status and message, whose request id is no part of it. */
export function refusalOf({ status, body }: Answer): string {
  expect(Object.keys(body)).toEqual(["error"]);
  expect(Object.keys(body.error)).toEqual(["code", "message", "requestId"]);
  expect(body.error.requestId).toMatch(/^[\da-f-]{36}$/);
  return `${status} ${body.error.code}: ${body.error.message}`;
}

/** Creates a workspace; answers the path of its resources. */
export async function makeWorkspace(slug: string): Promise<string> {
  const created = await manage("POST", "/workspaces", { slug, name: slug });
  expect(created.status).toBe(201);
  return `/workspaces/${slug}`;
}
