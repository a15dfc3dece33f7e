import type { CallRow } from "../../../workers/contract/records/audit.ts";
import { encodeOutcomes } from "../../../workers/contract/records/outcome-rows.ts";
import { insertCallRows } from "../../../workers/db/calls.ts";
import { openDb } from "../../../workers/db/database.ts";
import { findWorkspace } from "../../../workers/db/workspaces.ts";
import { bindings } from "./gateway-client.ts";
import { manage } from "./management-client.ts";

export const db = openDb(bindings.DB);

/** Creates a workspace whose call rows the test writes. */
export async function makeAuditedWorkspace(slug: string) {
  await manage("POST", "/workspaces", { slug, name: slug });
  const workspace = await findWorkspace(db, slug);
  if (!workspace) throw new Error("the workspace is not there");
  return { id: workspace.id, path: `/workspaces/${slug}` };
}

/** Stores call rows of one workspace as the queue consumer does. */
export async function storeRows(rows: CallRow[]): Promise<void> {
  await insertCallRows(db, [
    { workspaceId: rows[0]?.workspaceId ?? "", outcomes: encodeOutcomes(rows) },
  ]);
}

/** Makes the call row of a successful call; `fields` override. */
export function makeRow(workspaceId: string, seq: number, fields: Partial<CallRow> = {}): CallRow {
  return {
    id: `${workspaceId}:${seq}`,
    seq,
    workspaceId,
    memberId: "mem_a",
    tokenId: "tok_a",
    serverSlug: "one",
    toolName: "echo",
    method: "tools/call",
    status: "ok",
    errorCode: null,
    latencyMs: 12,
    protocolVersion: "2025-11-25",
    clientName: "tester",
    clientVersion: "1.2.3",
    resendReason: null,
    count: 1,
    rule: null,
    createdAt: 1_000 + seq,
    ...fields,
  };
}
