import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ServerHealth } from "../../workers/contract/rpc/admission.ts";
import type { ServerCheck, ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";

/** A server's state for health responses, from its last check. */
export function toHealth(
  server: ServerRecord,
  catalogue: ToolCatalogue | undefined,
  check: ServerCheck | undefined,
): ServerHealth {
  const status = !server.enabled ? "disabled" : !check ? "unknown" : check.error ? "failing" : "ok";
  return {
    slug: server.slug,
    name: server.name,
    status,
    transport: server.transport,
    era: server.era,
    tools: catalogue?.tools.length ?? 0,
    check: check ?? null,
  };
}
