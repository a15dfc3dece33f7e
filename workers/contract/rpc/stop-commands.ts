import type { BlockedClientInput } from "../records/stop.ts";
import type { BlockedClient, NamedMember, Role, WorkspaceRecord } from "../records/workspace.ts";

/** `by`: the name of who executes the command, for people who read the state later. */
interface WithName {
  by: string;
}

/** The arguments of the commands that stop calls at once or lift that, by type. */
export interface StopArguments {
  /** Stops all calls, or lifts the stop. */
  "workspace.stop": { isStopped: boolean } & WithName;
  "client.block": { input: BlockedClientInput } & WithName;
  "client.unblock": { id: string };
  /**
   * Suspends a member, or lifts that. `callerRole`: undefined of the operator. `callerMemberId`: who cannot suspend itself;
   * null: an API key or the operator.
   */
  "member.suspend": {
    id: string;
    isSuspended: boolean;
    callerRole: Role | undefined;
    callerMemberId: string | null;
  };
  /** Suspends a token, or lifts that. */
  "token.suspend": { id: string; isSuspended: boolean };
}

/** The results of these commands, by type. */
export interface StopResults {
  "workspace.stop": { workspace: WorkspaceRecord };
  "client.block": { client: BlockedClient };
  "client.unblock": Record<string, never>;
  "member.suspend": { member: NamedMember };
  "token.suspend": Record<string, never>;
}
