import { createMessageBatch } from "cloudflare:test";
import { expect, inject } from "vitest";
import { runScheduled } from "../../../workers/health/scheduled.ts";
import worker from "../../../workers/index.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { RegistrySetup } from "../../fixtures/registry.ts";
import { bindings } from "./gateway-client.ts";
import { manage, type ApiResponse, type Json } from "./management-client.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";

/** An environment whose queue loses what is sent to it, as a Worker that is killed does. */
export const losingMessages: Env = {
  ...bindings,
  MARKETPLACE_QUEUE: Object.assign(Object.create(bindings.MARKETPLACE_QUEUE), {
    send: () => Promise.resolve(),
  }),
};

/** An entry of a registry. */
export const entry = (name: string, server: object = {}, meta: object = {}) => ({
  server: { name, version: "1.0.0", ...server },
  _meta: { [OFFICIAL]: { status: "active", updatedAt: new Date().toISOString(), ...meta } },
});

/** Entries `com.example.sync/<name>-<i>`. */
export const entries = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => entry(`com.example.sync/${name}-${i}`));

function expectStatus(response: ApiResponse, status: number): void {
  expect(response).toMatchObject({ status });
}

async function waitUntilEnded(readRun: () => Promise<Json>): Promise<Json> {
  await expect.poll(async () => (await readRun()).state).not.toBe("running");
  return readRun();
}

/** A separate registry for a test, and the source of the same name. */
export class SyncedRegistry {
  readonly name: string;
  readonly #url: string;

  constructor(name: string) {
    this.name = `sync-${name}`;
    this.#url = `${inject("registriesUrl")}/${this.name}`;
  }

  /** Sets the registry up, and forgets its requests. */
  async setUp(setup: RegistrySetup): Promise<void> {
    await (await fetch(this.#url, { method: "PUT", body: JSON.stringify(setup) })).text();
  }

  /** The cursors of its requests since. */
  async readCursors(): Promise<(string | null)[]> {
    return (await this.readRequests()).map((query) => query.get("cursor"));
  }

  async readRequests(): Promise<URLSearchParams[]> {
    const queries = (await (await fetch(this.#url)).json()) as string[];
    return queries.map((query) => new URLSearchParams(query));
  }

  /** Adds or changes the source, and returns it. */
  async add(input: object = {}): Promise<Json> {
    const body = { url: this.#url, ...input };
    const added = await manage("PUT", `/marketplace/sources/${this.name}`, body);
    expectStatus(added, 200);
    return added.body;
  }

  start(body: object = {}) {
    return manage("POST", `/marketplace/sources/${this.name}/runs`, body);
  }

  /** Starts a run and returns it as it has ended. */
  async sync(body: object = {}): Promise<Json> {
    expectStatus(await this.start(body), 202);
    return this.waitForEnd();
  }

  /** The newest run. */
  async readRun(): Promise<Json> {
    const { body } = await manage("GET", `/marketplace/runs?source=${this.name}&limit=1`);
    return body.items[0];
  }

  async waitForEnd(): Promise<Json> {
    return waitUntilEnded(() => this.readRun());
  }

  /** The names of its servers that are found, in order. */
  async listNames(): Promise<string[]> {
    const { results } = await bindings.DB.prepare(
      "SELECT s.name FROM marketplace_servers s JOIN marketplace_records r USING (number) WHERE r.source = ? ORDER BY s.name",
    )
      .bind(this.name)
      .all<{ name: string }>();
    return results.map(({ name }) => name.replace("com.example.sync/", ""));
  }
}

/** Runs the cron of every minute as at an instant (epoch ms). */
export function runMinute(at: number, env = bindings): Promise<void> {
  return runScheduled("* * * * *", at, env);
}

/** Delivers the message of a step as the queue does. */
export function deliverStep(run: number, step: number, env = bindings): Promise<void> {
  const message = { id: `${run}-${step}`, timestamp: new Date(), attempts: 1, body: { run, step } };
  return worker.queue(createMessageBatch("mcpnest-marketplace", [message]), env);
}
