import type { Admission, AdmitRequest, ListView } from "../../../workers/contract/rpc/admission.ts";
import { bindings, type Client } from "./gateway-client.ts";

/** The request with which a Worker has the Workspace object decide on a message of a legacy client. */
export async function makeAdmitRequest(
  { token }: { token: string },
  message: Pick<AdmitRequest, "method"> & Partial<AdmitRequest>,
): Promise<AdmitRequest> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return {
    digest: new Uint8Array(digest).toHex(),
    address: "unknown",
    era: "legacy",
    target: null,
    cursor: null,
    knownEtag: null,
    protocolVersion: null,
    clientName: null,
    clientVersion: null,
    session: null,
    clientCapabilities: "{}",
    acceptsTasks: false,
    isForwarded: false,
    ...message,
  };
}

/** What the Workspace object returns to a Worker for a list of tools; `knownEtag`: of the list that the Worker has. */
export async function readTools(client: Client, knownEtag: string | null): Promise<ListView> {
  const request = await makeAdmitRequest(client, { method: "tools/list", knownEtag });
  const workspace = bindings.WORKSPACES.getByName(client.slug);
  const admission: Admission = JSON.parse(await workspace.admit(request));
  if (admission.kind !== "list") throw new Error(`The list is ${admission.kind}`);
  return admission.view;
}
