import { inject, vi } from "vitest";
import type { RegistrySetup } from "../../fixtures/registry.ts";
import { createWorkspace, manage, refusalOf, type Json } from "./management-client.ts";

/** Names that are added. */
const PATTERN = "com.example.follow*/*";
/** A name within the pattern. */
export const nameOf = (name: string) => `com.example.follow/${name}`;
/** A part of an entry: its address. */
export const remote = (url: string, headers: object[] = []) => ({
  remotes: [{ type: "streamable-http", url, headers }],
});

/** A workspace that follows a separate registry. */
export class Follow {
  readonly slug: string;
  readonly url: string;
  #path = "";

  constructor(name: string) {
    this.slug = `follow-${name}`;
    this.url = `${inject("registriesUrl")}/${this.slug}`;
  }

  async setUp(entries: unknown[], more: Partial<RegistrySetup> = {}): Promise<void> {
    const body = JSON.stringify({ entries, ...more });
    await (await fetch(this.url, { method: "PUT", body })).text();
  }

  async open(input: object = {}): Promise<Json> {
    await createWorkspace(this.slug);
    const base = `/workspaces/${this.slug}/followed-registries`;
    const made = await manage("POST", base, { url: this.url, pattern: PATTERN, ...input });
    if (made.status !== 201) throw new Error(`not made: ${refusalOf(made)}`);
    this.#path = `${base}/${made.body.id}`;
    return this.readPlan();
  }

  /** The plan, once nothing is in progress. */
  async readPlan(): Promise<Json> {
    const read = () => manage("GET", this.#path);
    await vi.waitUntil(async () => !(await read()).body.follow.isRunning, { timeout: 20_000 });
    return (await read()).body;
  }

  /** Reads the registry again, and returns the plan after that. */
  async readAgain(): Promise<Json> {
    await this.send("POST", "/runs", {});
    return this.readPlan();
  }

  async approve(names: string[], automatic = { additions: true, changes: true }): Promise<Json> {
    const { version } = await this.readPlan();
    const approved = await this.send("POST", "/approvals", { version, names, automatic });
    if (approved.status !== 202) throw new Error(`not approved: ${refusalOf(approved)}`);
    return this.readPlan();
  }

  send(method: string, path = "", body?: object) {
    return manage(method, `${this.#path}${path}`, body);
  }

  async listServers(): Promise<Json[]> {
    return (await manage("GET", `/workspaces/${this.slug}/servers`)).body.items;
  }

  async listEvents(): Promise<Json[]> {
    return (await manage("GET", `/workspaces/${this.slug}/audit-events`)).body.items;
  }
}

/** Kind and state of each entry of a plan, by the last part of its name. */
export const summarize = (plan: Json) =>
  Object.fromEntries(
    plan.items.map(({ name, kind, state }: Json) => [name.split("/")[1], `${kind} ${state}`]),
  );
