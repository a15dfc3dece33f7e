import { createExecutionContext } from "cloudflare:test";
import { expect } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import type { SyncMessage } from "../../../workers/contract/api/marketplace-sync.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { ServicesSetup } from "../../fixtures/signal-services.ts";
import { bindings, HOST } from "./gateway-client.ts";
import { manage, OPERATOR_KEY, type Json } from "./management-client.ts";
import { deliverStep } from "./registries.ts";
import { SignalServices } from "./signal-services.ts";

function expectStatus(response: Response, status: number): void {
  expect(response.status).toBe(status);
}

/** The source `github` with a separate GitHub for a test. Its queue keeps the messages, so that a test delivers or loses them. */
export class GithubSource {
  readonly env: Env;
  readonly #services: SignalServices;
  #messages: SyncMessage[] = [];

  constructor(name: string) {
    this.#services = new SignalServices(`github-${name}`);
    const send = (message: SyncMessage) => Promise.resolve(void this.#messages.push(message));
    const queue = Object.create(bindings.MARKETPLACE_QUEUE);
    this.env = { ...this.#services.env, MARKETPLACE_QUEUE: Object.assign(queue, { send }) };
  }

  setUp(setup: ServicesSetup): Promise<void> {
    return this.#services.setUp(setup);
  }

  /** The searches that GitHub has received. */
  async listSearches(): Promise<string[]> {
    const requests = await this.#services.readRequests();
    return requests.map(({ body }) => JSON.parse(body).variables.search);
  }

  /** Starts a run as the operator does. */
  async start(body: object = { kind: "sweep" }): Promise<Json> {
    const request = new Request(`http://${HOST}/api/marketplace/sources/github/runs`, {
      method: "POST",
      headers: {
        host: HOST,
        authorization: `Bearer ${OPERATOR_KEY}`,
        "content-type": "application/json",
      },
      body: JSON.stringify(body),
    });
    const response = await handleRequest(request, this.env, createExecutionContext());
    expectStatus(response, 202);
    return response.json();
  }

  /** Delivers the next message of the run, if there is one. */
  async deliver(run: number): Promise<boolean> {
    const message = this.#messages.find((candidate) => candidate.run === run);
    this.#messages = this.#messages.filter((candidate) => candidate !== message);
    if (message) await deliverStep(run, message.step, this.env);
    return message !== undefined;
  }

  loseMessages(): void {
    this.#messages = [];
  }

  /** Delivers messages until the run has ended, and returns it. */
  async finish(run: number): Promise<Json> {
    while (await this.deliver(run));
    return this.readRun();
  }

  async sync(body?: object): Promise<Json> {
    const { number } = await this.start(body);
    return this.finish(number);
  }

  /** The newest run. */
  async readRun(): Promise<Json> {
    return (await manage("GET", "/marketplace/runs?source=github&limit=1")).body.items[0];
  }

  /** The names of its entries, in order. */
  async listNames(): Promise<string[]> {
    const { results } = await bindings.DB.prepare(
      "SELECT name FROM marketplace_records JOIN marketplace_servers AS s USING (number, name) WHERE source = 'github' ORDER BY name",
    ).all<{ name: string }>();
    return results.map(({ name }) => name);
  }
}
