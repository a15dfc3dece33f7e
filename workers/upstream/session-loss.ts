import type { JsonRpcResult } from "./json-rpc.ts";

type FailedRequest = Extract<JsonRpcResult, { ok: false }>;

/** How servers say that a session does not exist, as the whole message after an introduction such as "Bad Request:". */
const LOST_SESSION = new RegExp(
  [
    "session( id)?( [\\w-]+)? ((is |was |has |does )?(been )?|doesn't )(not (found|valid|exist|initiali[sz]ed)|exist|expired|invalid|unknown|terminated|closed|missing)( or expired)?",
    "(no|missing|invalid|unknown|expired) (valid )?(mcp[- ])?session( id)?( (provided|found|given|header))?",
    "(no|missing) (valid )?mcp-session-id( header)?",
    "(server|connection|client|session) (is )?not (yet )?initiali[sz]ed",
    "not initiali[sz]ed",
    "received request before initiali[sz]ation was complete",
    "expect(ed)? initiali[sz]e request",
  ].join("|"),
  "i",
);
const INTRODUCTION =
  /^((bad|invalid) request|not found|error|unauthorized|unexpected message)\s*[:,.-]\s*/i;
/** Longest message that says only this. */
const MAX_LENGTH = 160;

/** Whether a server's message says that the session of a request does not exist (any more), and nothing else. */
export function namesLostSession(message: string): boolean {
  if (message.length > MAX_LENGTH) return false;
  const text = message.trim().replace(INTRODUCTION, "").replace(/[.!]$/, "");
  return LOST_SESSION.exec(text)?.[0].length === text.length;
}

/** Whether a server's message can be about the session of a request, whatever else it says. */
export function mentionsSession(message: string): boolean {
  return /session|transport|initiali[sz]/i.test(message);
}

/** Whether a server refuses `initialize` because it has one session at a time, and that is open. */
export function isSessionTaken({ error, rpcError }: FailedRequest): boolean {
  return /already (been )?initiali[sz]ed|(only one|single) session|session already (exists|active)/i.test(
    rpcError?.message ?? error.message,
  );
}
