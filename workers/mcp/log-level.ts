import { isObject } from "./json.ts";
import type { McpRequest } from "./message.ts";
import { META_LOG_LEVEL } from "./protocol.ts";

/** Log levels in order of severity (2025-11-25 and 2026-07-28, server/utilities/logging; RFC 5424, section 6.2.1). */
const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

/** Severity of an unknown level, above all known ones: such a message is never filtered out. */
export const UNKNOWN_SEVERITY = LEVELS.length;

/** Severity of a log level: 0 (`debug`) to 7 (`emergency`), `UNKNOWN_SEVERITY` for anything else. */
export function toSeverity(level: unknown): number {
  const index = LEVELS.indexOf(String(level));
  return index === -1 ? UNKNOWN_SEVERITY : index;
}

/** The log level that a modern request asks for; null: it asks for no log messages (2026-07-28, logging). */
export function findLogLevel({ values }: McpRequest): string | null {
  const meta = values["_meta"];
  const level = isObject(meta) ? meta[META_LOG_LEVEL] : undefined;
  return typeof level === "string" ? level : null;
}

/** Whether a log message of this level is sent to a modern client during its request. */
export function isLogRequested(request: McpRequest, level: unknown): boolean {
  const requested = findLogLevel(request);
  return requested !== null && toSeverity(level) >= toSeverity(requested);
}
