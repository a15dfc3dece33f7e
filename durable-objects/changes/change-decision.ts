import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type {
  ChangeResult,
  Command,
  CommandResults,
  Refusal,
} from "../../workers/contract/rpc/commands.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";

export type IdPrefix = "ws" | "srv" | "mem" | "tok" | "ins" | "evt";

/** What a decision about a command rests on besides the command and the configuration. */
export interface ChangeContext {
  now: number;
  actor: string;
  newId(prefix: IdPrefix): string;
  ring: KeyRing;
  /** Why the gateway would not call the URL, as a sentence; null: it would. */
  checkUrl(url: string): string | null;
}

/** What a command comes to: nothing, or changes to be stored together with the event that tells of them. */
export type ChangeDecision =
  | { kind: "refused"; refusal: Refusal }
  /** Everything is so already. */
  | { kind: "unchanged"; result: CommandResults[Command["type"]] }
  | {
      kind: "applied";
      changes: EntityChange[];
      event: AuditEvent;
      result: CommandResults[Command["type"]];
    };

export function refused(code: Refusal["code"], message: string): ChangeDecision {
  return { kind: "refused", refusal: { code, message } };
}

/** `detail` holds names of changed fields and values that are no secrets. */
export function applied(
  context: ChangeContext,
  workspace: WorkspaceConfig["workspace"],
  told: Pick<AuditEvent, "action" | "object" | "detail">,
  changes: EntityChange[],
  result: CommandResults[Command["type"]],
): ChangeDecision {
  const event = {
    id: context.newId("evt"),
    workspaceId: workspace.id,
    actor: context.actor,
    occurredAt: context.now,
    ...told,
  };
  return { kind: "applied", changes, event, result };
}

/** The fields of a patch that differ from what is there, with their new values. */
export function changedFields<T extends object>(before: T, after: T): Partial<T> {
  const differs = (key: string, value: unknown) =>
    JSON.stringify(value) !== JSON.stringify(Reflect.get(before, key));
  // The entries of a T are a part of it.
  return Object.fromEntries(
    Object.entries(after).filter(([key, value]) => differs(key, value)),
  ) as Partial<T>;
}

/** The answer to a change that D1 did not confirm. */
export const UNAVAILABLE: ChangeResult = {
  ok: false,
  refusal: {
    code: "unavailable",
    message: "The database did not take the change. Nothing was changed; try again.",
  },
};
