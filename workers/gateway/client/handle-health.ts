import { withoutCause } from "../../upstream/failure-text.ts";
import type { EntryContext } from "../context.ts";
import { denialResponse } from "./admission-responses.ts";
import { callWorkspace } from "./admission.ts";
import { jsonResponse } from "./responses.ts";

/** `GET /api/gw/<slug>/health`: the state of the servers that the token owner is allowed to know. */
export async function handleHealth(context: EntryContext): Promise<Response> {
  const health = await callWorkspace(context, async (workspace, client) =>
    workspace.listVisibleHealth(client),
  );
  if (health.kind !== "health") return denialResponse("null", health);
  const servers = health.servers.map((server) => ({
    ...server,
    check: withoutCause(server.check, server.name),
  }));
  const isFailing = servers.some((server) => server.status === "failing");
  return jsonResponse(JSON.stringify({ status: isFailing ? "degraded" : "ok", servers }));
}
