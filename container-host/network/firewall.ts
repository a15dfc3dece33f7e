import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { logEvent } from "../log.ts";
import { EGRESS_PORT, FORWARD_PORT } from "./egress-proxy.ts";

const SCRIPT = join(import.meta.dirname, "../firewall.sh");
const TIMEOUT_MS = 15_000;

/** The packet filter around workspace networks, whose addresses come out of `pool` (CIDR). */
export class Firewall {
  readonly #pool: string;

  constructor(pool: string) {
    this.#pool = pool;
  }

  /** Sets the rules where they are missing. False: they could not be set, and nothing may be started. */
  async ensure(): Promise<boolean> {
    try {
      await promisify(execFile)(SCRIPT, ["up", this.#pool, `${EGRESS_PORT}:${FORWARD_PORT}`], {
        timeout: TIMEOUT_MS,
      });
      return true;
    } catch (error) {
      const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
      logEvent({ event: "firewall_missing", detail: stderr.slice(0, 500) });
      return false;
    }
  }
}
