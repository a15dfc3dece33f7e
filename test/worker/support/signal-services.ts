import { createMessageBatch } from "cloudflare:test";
import { expect, inject } from "vitest";
import type { JobName } from "../../../workers/contract/api/marketplace-signals.ts";
import worker from "../../../workers/index.ts";
import { scheduleJobs } from "../../../workers/marketplace/signals/schedule.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import type { ServiceRequest, ServicesSetup } from "../../fixtures/signal-services.ts";
import { bindings } from "./gateway-client.ts";
import { manage, type Json } from "./management-client.ts";
import { losingMessages } from "./registries.ts";

/** The token that the Worker sends to GitHub. */
export const GITHUB_TOKEN = "token-of-the-test";

/** GitHub, npm and PyPI for a test. */
export class SignalServices {
  readonly env: Env;
  readonly #url: string;

  constructor(name: string) {
    this.#url = `${inject("signalServicesUrl")}/${name}`;
    this.env = {
      ...losingMessages,
      MARKETPLACE_GITHUB: this.#url,
      MARKETPLACE_NPM: this.#url,
      MARKETPLACE_PYPI: this.#url,
      GITHUB_TOKEN,
    };
  }

  /** Sets them up, and forgets their requests. */
  async setUp(setup: ServicesSetup): Promise<void> {
    await (await fetch(this.#url, { method: "PUT", body: JSON.stringify(setup) })).text();
  }

  async readRequests(): Promise<ServiceRequest[]> {
    return (await (await fetch(this.#url)).json()) as ServiceRequest[];
  }
}

/** Begins the step of a job that is due, as the cron does, and returns its number; null: none is due. */
export async function beginJob(name: JobName, env: Env): Promise<number | null> {
  const before = await readStep(name);
  await scheduleJobs(env, Date.now());
  const step = await readStep(name);
  return step === before ? null : step;
}

/** Begins the step of a job that is due, and does it as the queue does. False: none is due. */
export async function runJob(name: JobName, env: Env): Promise<boolean> {
  const step = await beginJob(name, env);
  if (step === null) return false;
  await deliverJob({ job: name, step }, env);
  return true;
}

/** Computes the scores of all servers as the cron and the queue do in the night. */
export async function runNight(): Promise<void> {
  await makeDue("scores");
  for (let cursor: number | null = -1; cursor !== 0; cursor = await readCursor()) {
    await bindings.DB.prepare(
      "UPDATE marketplace_jobs SET next_step_at = 0 WHERE name = 'scores'",
    ).run();
    expect(await runJob("scores", losingMessages)).toBe(true);
  }
}

const readCursor = () =>
  bindings.DB.prepare("SELECT cursor FROM marketplace_jobs WHERE name = 'scores'").first<number>(
    "cursor",
  );

/** Delivers the message of a step. */
export function deliverJob(body: { job: JobName; step: number }, env: Env): Promise<void> {
  const message = { id: `${body.job}-${body.step}`, timestamp: new Date(), attempts: 1, body };
  return worker.queue(createMessageBatch("mcpnest-marketplace", [message]), env);
}

/** Has a job be due now, whatever other tests have left. */
export async function makeDue(name: JobName): Promise<void> {
  await bindings.DB.prepare(
    "UPDATE marketplace_jobs SET next_step_at = 0, cursor = 0, attempt = 0, problem = NULL WHERE name = ?",
  )
    .bind(name)
    .run();
}

/** Does one step of a service's job. */
export async function fetchSignals(job: JobName, env: Env): Promise<void> {
  await makeDue(job);
  expect(await runJob(job, env)).toBe(true);
}

/** What the operator sees of a service. */
export async function readProgress(service: string): Promise<Json> {
  const { body } = await manage("GET", "/marketplace/signals");
  return body.items.find((item: Json) => item.service === service);
}

async function readStep(name: JobName): Promise<number> {
  const step = await bindings.DB.prepare("SELECT step FROM marketplace_jobs WHERE name = ?")
    .bind(name)
    .first<number>("step");
  return step ?? -1;
}
