import type { Admission, AdmitRequest, Denial } from "../../workers/contract/rpc/admission.ts";
import type { Env } from "../../workers/runtime/env.ts";
import type { FlushScheduler } from "../audit/flush-scheduler.ts";
import type { NotificationStreams } from "../notifications/notification-streams.ts";
import type { ConfigReplica } from "../replica/config-replica.ts";
import { AdmissionControl } from "./admission-control.ts";
import { isSubscription } from "./decide-admission.ts";
import type { LoadedWorkspace } from "./loaded-workspace.ts";

interface Dependencies {
  replica: ConfigReplica;
  flushScheduler: FlushScheduler;
  /** Its `waitUntil` keeps the object alive for work that the response does not wait for. */
  ctx: Pick<DurableObjectState, "waitUntil">;
  env: Pick<Env, "MCPNEST_MASTER_KEYS">;
}

/** Runs the requests of clients against the workspace that the object holds now. */
export class ClientRequests {
  readonly #dependencies: Dependencies;
  #control: AdmissionControl | null = null;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** Decides on a request, and carries out a resource subscription. */
  async admit(request: AdmitRequest, streams: NotificationStreams): Promise<Admission> {
    const admission = await this.run((control, now) => control.admit(request, now));
    const isSubscribing = admission.kind === "admitted" && isSubscription(request.method);
    const limit = isSubscribing ? await streams.changeSubscription(request) : null;
    if (limit === null) return admission;
    return { kind: "refused", reason: "too_many_subscriptions", limit };
  }

  /** Runs a client's request, then refreshes stale catalogues and writes the call log, without a wait. */
  async run<T extends { kind: string }>(
    work: (control: AdmissionControl, now: number) => T | Promise<T>,
  ): Promise<T | Denial> {
    const { replica, flushScheduler, ctx } = this.#dependencies;
    const loaded = await replica.load();
    if (loaded === "unavailable") return { kind: "unavailable" };
    if (loaded === "unknown") return { kind: "unauthorized" };
    const now = Date.now();
    const result = await work(this.controlFor(loaded), now);
    if (result.kind === "unauthorized") return result;
    const refresh = loaded.upstreams.refreshStale(loaded.enabledServers, now);
    if (refresh) ctx.waitUntil(refresh);
    flushScheduler.scheduleWrites(loaded);
    return result;
  }

  /** The admission control of a workspace; another workspace, later, begins with a new one. */
  controlFor(loaded: LoadedWorkspace): AdmissionControl {
    if (this.#control?.workspace !== loaded)
      this.#control = new AdmissionControl(loaded, this.#dependencies.env.MCPNEST_MASTER_KEYS);
    return this.#control;
  }
}
