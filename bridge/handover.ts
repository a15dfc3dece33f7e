import type { Readable } from "node:stream";
import { findVariableNameProblem } from "../workers/contract/hosting/variable-names.ts";
import { isObject } from "../workers/mcp/json.ts";

/** Secrets and variables that the bridge reads from standard input: unlike its environment, no engine stores them. */
export interface Handover {
  variables: Record<string, string>;
  /** Variables whose values are redacted from the log and from the messages of the server. */
  credentials: Record<string, string>;
  /** Bearer token that every request must carry; null: no authentication. */
  secret: string | null;
}

/** The handover, or a message for the operator. */
export type ParsedHandover = { ok: true; handover: Handover } | { ok: false; message: string };

/** Limit of the handover line. */
const MAX_HANDOVER_BYTES = 256 * 1024;
/** The line must arrive within 30 s. */
const HANDOVER_WAIT_MS = 30_000;
/** Shorter secrets can be guessed. */
const MIN_SECRET_LENGTH = 32;

/** Reads the first line of a stream, which must be the handover. The rest of the stream is ignored. */
export async function readHandover(input: Readable): Promise<ParsedHandover> {
  const timer = setTimeout(() => input.destroy(), HANDOVER_WAIT_MS);
  let text = "";
  try {
    input.setEncoding("utf8");
    for await (const chunk of input) {
      text += String(chunk);
      if (text.includes("\n") || text.length > MAX_HANDOVER_BYTES) break;
    }
  } catch {
    // The stream was destroyed: the line did not arrive in time.
  } finally {
    clearTimeout(timer);
  }
  const end = text.indexOf("\n");
  if (end === -1) return refuse(`No complete line of at most ${MAX_HANDOVER_BYTES} bytes arrived`);
  return parseHandover(text.slice(0, end));
}

function parseHandover(line: string): ParsedHandover {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse("The line is not JSON");
  }
  if (!isObject(value)) return refuse("The line is not a JSON object");
  const { variables = {}, credentials = {}, secret = null, ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    return refuse("Only the members variables, credentials and secret are allowed");
  }
  if (secret !== null && (typeof secret !== "string" || secret.length < MIN_SECRET_LENGTH)) {
    return refuse(`The secret must have at least ${MIN_SECRET_LENGTH} characters`);
  }
  if (!isTextMap(variables) || !isTextMap(credentials)) {
    return refuse("variables and credentials must map names to strings");
  }
  for (const [name, text] of Object.entries({ ...variables, ...credentials })) {
    const problem = findVariableNameProblem(name);
    if (problem !== null) return refuse(problem);
    if (text.includes("\0")) return refuse(`The value of ${name} contains a zero byte`);
  }
  return { ok: true, handover: { variables, credentials, secret } };
}

function isTextMap(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}

function refuse(message: string): ParsedHandover {
  return { ok: false, message: `Handover: ${message}` };
}
