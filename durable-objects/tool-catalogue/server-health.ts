import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ServerHealth } from "../../workers/contract/rpc/admission.ts";
import type { ServerCheck, ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";

/**
 * A server's state for health responses, from its last check. `retryAt`: when a call to a server that is down is sent again,
 * epoch ms; null: calls are sent.
 */
export function toHealth(
  server: ServerRecord,
  catalogue: ToolCatalogue | undefined,
  check: ServerCheck | undefined,
  retryAt: number | null,
): ServerHealth {
  const status = !server.enabled ? "disabled" : !check ? "unknown" : check.error ? "failing" : "ok";
  return {
    slug: server.slug,
    name: server.name,
    status,
    transport: server.transport,
    era: server.era,
    tools: catalogue?.tools.length ?? 0,
    check: check ? withRefusals(check, retryAt) : null,
  };
}

/** The check, whose error also says that calls are refused. */
function withRefusals(check: ServerCheck, retryAt: number | null): ServerCheck {
  const { error } = check;
  if (!error || retryAt === null) return check;
  const at = `${new Date(retryAt).toISOString().slice(11, 19)} UTC`;
  const message = `${error.message}. Its calls kept failing, so they are refused at once; the next one is sent after ${at}`;
  return { ...check, error: { ...error, message } };
}
