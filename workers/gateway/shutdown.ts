import { WorkerEntrypoint } from "cloudflare:workers";
import { ShutdownRequest } from "../contract/rpc/shutdown.ts";
import type { Env } from "../runtime/env.ts";
import { loadedWorkspaces } from "../runtime/loaded-workspaces.ts";
import { logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { flushOutcomes } from "./call/record-outcome.ts";

const POLL_MS = 20;

/**
 * Prepares the end of a local runtime, where all requests and objects are in one isolate, which one signal ends. No
 * address leads here, only a binding to this entry point, and a deployment has none: Cloudflare lets the requests of a
 * replaced Worker end.
 */
export class Shutdown extends WorkerEntrypoint<Env> {
  /**
   * Has the workspaces admit no further request, gives calls in flight time to end, and records the others as `cancelled`
   * (`gateway_stopped`). When it responds, D1 has every outcome, and no unused sequence number is reserved. A response
   * of 500: a workspace is not settled; the log says why.
   */
  override async fetch(request: Request): Promise<Response> {
    const { startedAt, graceMs } = ShutdownRequest.parse(await request.json());
    const endsAt = Date.now() + graceMs;
    const settled = await Promise.all(
      Array.from(loadedWorkspaces, (slug) => this.#settle(slug, startedAt, endsAt)),
    );
    return new Response(null, { status: settled.every(Boolean) ? 204 : 500 });
  }

  async #settle(slug: string, startedAt: number, endsAt: number): Promise<boolean> {
    const workspace = workspacesOf(this.env).getByName(slug);
    try {
      while ((await workspace.stop(startedAt, Date.now() >= endsAt)) > 0) {
        await scheduler.wait(POLL_MS);
        await flushOutcomes(this.env);
      }
      return true;
    } catch (error) {
      logFailure("settle_failed", error, { workspace: slug });
      return false;
    }
  }
}
