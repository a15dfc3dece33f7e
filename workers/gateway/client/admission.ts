import type {
  Admission,
  AdmitRequest,
  ClientIdentity,
  Denial,
} from "../../contract/rpc/admission.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import type { EntryContext, RequestContext } from "../context.ts";
import { forgetToken, toIdentity } from "./known-tokens.ts";

type WorkspaceStub = ReturnType<EntryContext["env"]["WORKSPACES"]["getByName"]>;

/** Has the Workspace decide on an MCP request. */
export function admit(
  context: EntryContext,
  request: Omit<AdmitRequest, keyof ClientIdentity>,
): Promise<Admission> {
  return callWorkspace(
    context,
    // The other end of the RPC is this same deployable: it made the text from an Admission.
    async (workspace, client) =>
      JSON.parse(await workspace.admit({ ...client, ...request })) as Admission,
  );
}

/** Authenticates and counts a message that is not an MCP request. Null: it is admitted. */
export async function denyUnlessAuthenticated(
  context: EntryContext | RequestContext,
): Promise<Denial | null> {
  const result = await callWorkspace(context, async (workspace, client) =>
    workspace.authenticate(client),
  );
  return result.kind === "authenticated" ? null : result;
}

/** Calls a Workspace method that authenticates the client. If the Workspace fails, the client is denied. */
export async function callWorkspace<T extends { kind: string }>(
  context: EntryContext | RequestContext,
  work: (workspace: WorkspaceStub, client: ClientIdentity) => Promise<T>,
): Promise<T | Denial> {
  const { env, slug } = context;
  const client = toIdentity(context);
  try {
    const result = await work(workspacesOf(env).getByName(slug), client);
    if (result.kind === "unauthorized") forgetToken(context, client);
    return result;
  } catch (error) {
    logFailure("admission_failed", error, { workspace: slug });
    return { kind: "unavailable" };
  }
}
