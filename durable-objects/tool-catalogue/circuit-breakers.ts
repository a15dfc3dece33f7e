import type { CallOutcome } from "../../workers/contract/records/audit.ts";
import { readOutcomes } from "../../workers/contract/records/outcome-rows.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { MINUTE_MS } from "../../workers/contract/units.ts";

/** So many calls in a row must fail, within this time, before the server is suspected to be down. */
const FAILURES_TO_SUSPECT = 3;
const FAILURE_WINDOW_MS = 5 * MINUTE_MS;
/** Time until one call is let through again: at first, and at most. It doubles with each one that fails. */
const FIRST_PAUSE_MS = 10_000;
const MAX_PAUSE_MS = 5 * MINUTE_MS;
/** The outcome of the call that is let through is awaited for this long; then another one is. */
const TRIAL_MS = 30_000;

/** Failures that can mean that the server is down. A tool can be slow, and one route can fail: a check decides. */
const SUSPICIOUS: ReadonlySet<string | null> = new Set([
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_http_error",
]);

interface Circuit {
  failures: number;
  firstFailureAt: number;
  isChecking: boolean;
  /** Epoch ms; null: calls pass. */
  openedAt: number | null;
  /** When the next call is let through, epoch ms. */
  retryAt: number;
  isTrying: boolean;
  pauseMs: number;
}

type Outcome = Pick<CallOutcome, "serverSlug" | "status" | "errorCode" | "createdAt">;

/**
 * Refuses calls to servers that are down, so that each fails in milliseconds and not after a time budget. A server is down
 * when several calls in a row failed without a response, and then a check of it failed so, too. After a pause one call is let
 * through; its success, or that of a check, ends the refusals. In memory, by the server's slug.
 */
export class CircuitBreakers {
  readonly #circuits = new Map<string, Circuit>();

  /**
   * Takes outcomes in the encoding of `encodeOutcomes`. Returns the slugs of servers that must be checked now; `handleCheck`
   * takes the result. `random`: from 0 to 1.
   */
  receive(outcomes: string, now: number, random: number): string[] {
    // Calls succeed nearly always: nothing is parsed then.
    if (this.#circuits.size === 0 && !outcomes.includes('"upstream_')) return [];
    const suspects: string[] = [];
    const rows = readOutcomes(outcomes, ["serverSlug", "status", "errorCode", "createdAt"]);
    for (const row of rows) {
      if (row.serverSlug === null) continue;
      if (showsLife(row)) this.#circuits.delete(row.serverSlug);
      else if (row.status === "error" && SUSPICIOUS.has(row.errorCode)) {
        const circuit = this.#recordFailure(row.serverSlug, row.createdAt, now, random);
        if (circuit.failures < FAILURES_TO_SUSPECT || circuit.isChecking) continue;
        circuit.isChecking = true;
        suspects.push(row.serverSlug);
      }
    }
    return suspects;
  }

  #recordFailure(slug: string, callBeganAt: number, now: number, random: number): Circuit {
    const known = this.#circuits.get(slug);
    if (known && known.openedAt !== null) {
      // Calls that began before are no news.
      if (known.isTrying && callBeganAt >= known.openedAt)
        open(known, now, Math.min(known.pauseMs * 2, MAX_PAUSE_MS), random);
      return known;
    }
    const isRecent = known !== undefined && now - known.firstFailureAt <= FAILURE_WINDOW_MS;
    const circuit: Circuit =
      known && (isRecent || known.isChecking) ? known : { ...CLOSED, firstFailureAt: now };
    circuit.failures += 1;
    this.#circuits.set(slug, circuit);
    return circuit;
  }

  /** The check of a suspected server has ended with this error; null: it succeeded. */
  handleCheck(slug: string, error: UpstreamError | null, now: number, random: number): void {
    const circuit = this.#circuits.get(slug);
    if (!circuit?.isChecking) return;
    if (error && isDown(error)) open(circuit, now, FIRST_PAUSE_MS, random);
    else this.#circuits.delete(slug);
  }

  /** Until when (epoch ms) a call is refused; null: it passes. After the pause, one call in `TRIAL_MS` passes. */
  refuse(slug: string, now: number): number | null {
    const circuit = this.#circuits.get(slug);
    if (!circuit || circuit.openedAt === null) return null;
    if (now < circuit.retryAt) return circuit.retryAt;
    circuit.isTrying = true;
    circuit.retryAt = now + TRIAL_MS;
    return null;
  }

  /** When a call to a server that is down is let through, epoch ms; null: the server is not down. */
  retryAt(slug: string): number | null {
    const circuit = this.#circuits.get(slug);
    return circuit && circuit.openedAt !== null ? circuit.retryAt : null;
  }

  /** The server has responded, or is reached otherwise from now on. */
  close(slug: string): void {
    this.#circuits.delete(slug);
  }
}

const CLOSED: Omit<Circuit, "firstFailureAt"> = {
  failures: 0,
  isChecking: false,
  openedAt: null,
  retryAt: 0,
  isTrying: false,
  pauseMs: FIRST_PAUSE_MS,
};

function open(circuit: Circuit, now: number, pauseMs: number, random: number): void {
  circuit.isChecking = false;
  circuit.isTrying = false;
  circuit.failures = 0;
  circuit.openedAt = now;
  circuit.pauseMs = pauseMs;
  circuit.retryAt = now + pauseMs * (0.75 + random / 2);
}

/** Whether an outcome says that the server responded, with whatever. Refusals and failures of the gateway do not. */
function showsLife({ status, errorCode }: Outcome): boolean {
  if (status === "ok") return true;
  if (status !== "error" || errorCode === null || SUSPICIOUS.has(errorCode)) return false;
  return /^(tool_error|rpc_|upstream_)/.test(errorCode);
}

/** Whether a failed check means that the server is down: no connection, no response, or a 5xx status. */
function isDown({ code, status }: UpstreamError): boolean {
  return SUSPICIOUS.has(code) && (status === undefined || status >= 500);
}
