import { splitCommand } from "./split-command.ts";

/**
 * `parallel`: calls run concurrently; `serial-writes`: tools without `readOnlyHint` run alone; `serial`: every tool
 * runs alone.
 */
export type Concurrency = "parallel" | "serial-writes" | "serial";

/** The bridge's configuration. */
export interface Settings {
  /** The server's program and its arguments. */
  command: string[];
  host: string;
  port: number;
  /** Whether to read the handover from standard input before the server starts. */
  waitsForHandover: boolean;
  /** Whether to start no server that can read the memory of the bridge. */
  requiresProtection: boolean;
  /** Names of further variables that the server inherits from the bridge. */
  passedVariables: string[];
  concurrency: Concurrency;
  maxInFlight: number;
  /** A call without a response or progress for this long is cancelled. */
  callTimeoutMs: number;
  /** Limit of the handshake. */
  startTimeoutMs: number;
  /** Heap limit of a Node server; null: Node's own. */
  heapMb: number | null;
}

/** The settings, or a message for the operator. */
export type ParsedSettings = { ok: true; settings: Settings } | { ok: false; message: string };

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether the address is a loopback address, which only this machine can reach. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host);
}

/** Parses the environment. Arguments replace `MCP_COMMAND`. */
export function parseSettings(env: NodeJS.ProcessEnv, args: string[]): ParsedSettings {
  const command =
    args.length > 0 ? ({ ok: true, words: args } as const) : splitCommand(env["MCP_COMMAND"] ?? "");
  if (!command.ok) return { ok: false, message: `MCP_COMMAND: ${command.message}` };
  const concurrency = env["MCP_CONCURRENCY"] ?? "serial-writes";
  if (!isConcurrency(concurrency)) {
    return { ok: false, message: "MCP_CONCURRENCY must be parallel, serial-writes or serial" };
  }
  const handover = env["MCP_HANDOVER"];
  if (handover !== undefined && handover !== "stdin") {
    return { ok: false, message: "MCP_HANDOVER can only be stdin" };
  }
  const problems: string[] = [];
  const parseSetting = <T>(name: string, min: number, max: number, fallback: T) =>
    parseInteger(env[name], { name, min, max, fallback, problems });
  const settings: Settings = {
    command: command.words,
    host: env["HOST"] ?? "127.0.0.1",
    port: parseSetting("PORT", 0, 65_535, 8080),
    waitsForHandover: handover === "stdin",
    requiresProtection: env["MCP_REQUIRE_PROTECTION"] === "1",
    passedVariables: (env["MCP_ENV"] ?? "").split(",").filter((name) => name !== ""),
    concurrency,
    maxInFlight: parseSetting("MCP_MAX_IN_FLIGHT", 1, 1024, 32),
    callTimeoutMs: parseSetting("MCP_CALL_TIMEOUT_MS", 10, 3_600_000, 120_000),
    /** Limit of the handshake. */
    startTimeoutMs: parseSetting("MCP_START_TIMEOUT_MS", 10, 600_000, 30_000),
    heapMb: parseSetting("MCP_HEAP_MB", 16, 65_536, null),
  };
  const [problem] = problems;
  return problem === undefined ? { ok: true, settings } : { ok: false, message: problem };
}

function isConcurrency(value: string): value is Concurrency {
  return value === "parallel" || value === "serial-writes" || value === "serial";
}

function parseInteger<T>(
  text: string | undefined,
  rule: { name: string; min: number; max: number; fallback: T; problems: string[] },
): number | T {
  if (text === undefined) return rule.fallback;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value < rule.min || value > rule.max) {
    rule.problems.push(`${rule.name} must be a whole number from ${rule.min} to ${rule.max}`);
  }
  return value;
}
