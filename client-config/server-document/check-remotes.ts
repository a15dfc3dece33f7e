import type { Path } from "../model.ts";
import { listTemplateNames } from "./check-inputs.ts";
import type { Problem } from "./check-schema.ts";
import { toObject, toText, type JsonObject } from "./json-value.ts";

/** An address of the reader's own machine. */
export const LOOPBACK =
  /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(:\d+)?(\/|$)/i;

/** The rules of a remote. */
export function checkRemote(item: JsonObject, path: Path): Problem[] {
  const url = toText(item["url"]);
  const at = [...path, "url"];
  const known = Object.keys(toObject(item["variables"]) ?? {});
  const missing = listTemplateNames(url).filter((name) => !known.includes(name));
  const problems = missing.map((name): Problem => ({
    rule: "missing-url-variable",
    severity: "high",
    path: at,
    message: `The address has {${name}}, and “variables” does not define it.`,
    why: "Clients cannot fill the address and do not reach the server.",
    fix: {
      title: `Define ${name}`,
      edits: [{ path: [...path, "variables", name], value: { isRequired: true } }],
    },
  }));
  if (LOOPBACK.test(url)) problems.push({ ...LOCAL_REMOTE, path: at });
  else if (url.startsWith("http://"))
    problems.push({
      ...PLAIN_REMOTE,
      path: at,
      fix: { title: "Use https", edits: [{ path: at, value: `https${url.slice(4)}` }] },
    });
  if (!("headers" in item)) problems.push({ ...NO_HEADERS, path });
  if (item["type"] === "sse") problems.push({ ...SSE_REMOTE, path: [...path, "type"] });
  return problems;
}

const NO_HEADERS = {
  rule: "no-headers",
  severity: "info",
  message: "The remote has no headers.",
  why: "Clients expect that it is public, or asks for a sign-in by OAuth.",
  fix: null,
} as const;
const LOCAL_REMOTE = {
  rule: "local-remote",
  severity: "high",
  message: "A remote is an address on the reader's own machine.",
  why: "A remote is reached by all people at the same address. A local server is a package.",
  fix: null,
} as const;
const PLAIN_REMOTE = {
  rule: "plain-remote",
  severity: "high",
  message: "The address is not encrypted.",
  why: "All on the way read and change what is sent, also credentials.",
} as const;
const SSE_REMOTE = {
  rule: "sse",
  severity: "info",
  message: "The transport HTTP+SSE is deprecated.",
  why: "Some clients do not have it any more. Streamable HTTP is its successor.",
  fix: null,
} as const;
