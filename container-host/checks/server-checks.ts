import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { HostErrorCode } from "../../workers/contract/hosting/host-protocol.ts";
import {
  HostCheck,
  ServerCheckResult,
  skipChecks,
  toCheck,
  type ServerCheckRequest,
} from "../../workers/contract/hosting/server-check.ts";
import { logEvent } from "../../workers/runtime/log.ts";
import type { AllowedImage } from "../config.ts";
import type { Engine } from "../engine/engine.ts";
import { toNamePrefix, toOwnerLabels, type Owner } from "../engine/labels.ts";
import { readAvailableMemory } from "../instances/available-memory.ts";
import type { Preflight } from "../preflight.ts";
import type { HostState } from "../state/host-state.ts";
import { parseResultPart, type CheckInput } from "./check-line.ts";

/** Checks that run at the same time. Each takes a core for some seconds; more are refused. */
const MAX_PARALLEL = 2;
/** A check ends by itself after 32 s. Then what it has left is killed. */
const CHECK_TIMEOUT_MS = 40_000;
const MIB = 1024 * 1024;
/** The compiler needs 110 MB, a server 60 MB. */
const MEMORY_BYTES = 512 * MIB;
/** Memory that is kept free for the host and the engine. */
const MEMORY_RESERVE_BYTES = 256 * MIB;
/** Threads of the compiler, the parser and two processes of Node. */
const PIDS = 100;

const NOT_STARTED =
  "Not started: there is no sandbox. The container host runs plain processes, and starts no code that it does not know.";
const WITHOUT_RESULT =
  "The check gave no result: the code took too much time, memory or output, and was stopped.";

/** The result of a check, or why it was refused. */
type ServerCheckDecision =
  | { ok: true; result: ServerCheckResult }
  | { ok: false; code: HostErrorCode; message: string };

/** Checks generated servers, each in a container without network that is removed afterwards. */
export class ServerChecks {
  readonly #engine: Engine;
  readonly #preflight: Pick<Preflight, "refusal">;
  readonly #state: Pick<HostState, "isDraining">;
  readonly #owner: Owner;
  readonly #image: AllowedImage | undefined;
  #running = 0;

  /** `image`: with the check program; absent: this host checks nothing. */
  constructor(parts: {
    engine: Engine;
    preflight: Pick<Preflight, "refusal">;
    state: Pick<HostState, "isDraining">;
    owner: Owner;
    image: AllowedImage | undefined;
  }) {
    this.#engine = parts.engine;
    this.#preflight = parts.preflight;
    this.#state = parts.state;
    this.#owner = parts.owner;
    this.#image = parts.image;
  }

  /** Checks the code. Nothing of it runs outside the container; without containers, nothing at all. */
  async check({ code }: ServerCheckRequest, signal: AbortSignal): Promise<ServerCheckDecision> {
    if (this.#running >= MAX_PARALLEL)
      return refuse("host_busy", "Too many servers are checked on this host: try again later.");
    this.#running += 1;
    try {
      const refusal = await this.#findRefusal();
      return refusal ?? { ok: true, result: await this.#run(code, signal) };
    } finally {
      this.#running -= 1;
    }
  }

  async #findRefusal(): Promise<ServerCheckDecision | null> {
    const image = this.#image;
    if (this.#state.isDraining) return refuse("host_draining", "This host is draining.");
    const unsafe = this.#preflight.refusal;
    if (unsafe !== null) return refuse("host_unsafe", unsafe);
    if (!this.#engine.isSandbox) return null;
    if (image === undefined || (await this.#engine.findImage(image.id)) !== "present")
      return refuse(
        "not_found",
        'This host has no image for checks: build it with bridge/image/build.sh check, and name it "check" in MCPNEST_HOST_IMAGES.',
      );
    if ((await readAvailableMemory()) < MEMORY_BYTES + MEMORY_RESERVE_BYTES)
      return refuse("host_full", "This host has not enough free memory: choose another.");
    return null;
  }

  async #run(code: string, signal: AbortSignal): Promise<ServerCheckResult> {
    const nonce = randomBytes(16).toString("hex");
    const mayStart = this.#engine.isSandbox;
    const spec = {
      imageId: this.#image?.id ?? "",
      labels: toOwnerLabels(this.#owner),
      memoryBytes: MEMORY_BYTES,
      pids: PIDS,
    };
    const name = `${toNamePrefix(this.#owner)}check-${nonce.slice(0, 12)}`;
    const input = JSON.stringify({ nonce, code, mayStart } satisfies CheckInput);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]);
    const lines = await this.#engine.runCheck(name, spec, input, limit);
    const result = toResult(lines, nonce, mayStart);
    const failed = result.checks.find(({ state }) => state !== "passed")?.check ?? null;
    logEvent({ event: "server_checked", failed, tools: result.tools.length });
    return result;
  }
}

/** Pure: the result in the program's output. What is missing there has failed. */
function toResult(lines: string[], nonce: string, mayStart: boolean): ServerCheckResult {
  const compiled = z.array(HostCheck).safeParse(parseResultPart(lines, nonce, "compiled")).data;
  if (compiled === undefined) {
    const rest = skipChecks(["imports", "types", "start", "tools"], WITHOUT_RESULT);
    return { checks: [toCheck("syntax", [WITHOUT_RESULT]), ...rest], tools: [] };
  }
  const skip = (reason: string): ServerCheckResult => ({
    checks: [...compiled, ...skipChecks(["start", "tools"], reason)],
    tools: [],
  });
  if (compiled.some(({ state }) => state !== "passed")) return skip("The code does not compile.");
  if (!mayStart) return skip(NOT_STARTED);
  const started = ServerCheckResult.safeParse(parseResultPart(lines, nonce, "started")).data;
  if (started !== undefined)
    return { checks: [...compiled, ...started.checks], tools: started.tools };
  const rest = [toCheck("start", [WITHOUT_RESULT]), ...skipChecks(["tools"], WITHOUT_RESULT)];
  return { checks: [...compiled, ...rest], tools: [] };
}

function refuse(code: HostErrorCode, message: string): ServerCheckDecision {
  return { ok: false, code, message };
}
