import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { logEvent } from "../../workers/runtime/log.ts";
import { EGRESS_PORT, FORWARD_PORT } from "./egress-proxy.ts";

// At the folder's top: the installed systemd unit names its path.
const SCRIPT = join(import.meta.dirname, "../firewall.sh");
/** Longest run of the script; it waits up to 5 s for each lock of iptables. */
const TIMEOUT_MS = 15_000;

/** The packet filter that isolates the workspace networks of the address pool (`pool`, a CIDR). */
export class Firewall {
  readonly #pool: string;

  constructor(pool: string) {
    this.#pool = pool;
  }

  /** Sets missing rules. False: the rules could not be set, and no container must be started. */
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
