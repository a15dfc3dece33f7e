import { z } from "zod";

/**
 * What happens to definitions that differ from the approved ones. `hold`: clients keep the approved ones. `allow_and_tell`:
 * clients get the new ones, and the audit log has an event. `allow`: clients get what the server shows, and there is no contract.
 */
export const ChangePolicy = z.enum(["hold", "allow_and_tell", "allow"]).meta({
  id: "ChangePolicy",
});
export type ChangePolicy = z.infer<typeof ChangePolicy>;

/** A kind of definition that a server shows. */
export const LockedKind = z
  .enum(["tool", "prompt", "resource", "template", "instructions", "skill"])
  .meta({ id: "LockedKind" });
export type LockedKind = z.infer<typeof LockedKind>;

/** The key of a server's instructions, of which it has one. */
export const INSTRUCTIONS_KEY = "";

/** A definition that an admin approved, or that the first look at its server approved. */
export interface ApprovedDefinition {
  kind: LockedKind;
  /** The name of a tool or prompt, the URI of a resource, a URI template, the URI of a skill; `INSTRUCTIONS_KEY`. */
  key: string;
  /** The text that clients get, as JSON. */
  json: string;
  /** SHA-256 of its canonical form, lowercase hex. */
  digest: string;
  /** Epoch ms. */
  approvedAt: number;
  /** A user's id, an API key's, `operator`; `system`: the first look. */
  approvedBy: string;
}

/** A change that an admin refused. It stays refused until the server shows another digest. */
export interface RefusedDefinition {
  kind: LockedKind;
  key: string;
  /** Of what the server showed; null: it had removed the definition. */
  digest: string | null;
  /** Epoch ms. */
  refusedAt: number;
  refusedBy: string;
}

/** The contract of a server: stored by its digest, and never changed. */
export interface Contract {
  /** SHA-256 of kinds, keys and texts in order, and of what is refused, lowercase hex. */
  digest: string;
  /** In the order in which clients get them. */
  definitions: ApprovedDefinition[];
  refused: RefusedDefinition[];
}

/** How a definition that a server shows differs from the approved one. */
export const ChangeType = z.enum(["added", "changed", "removed"]).meta({ id: "ChangeType" });
export type ChangeType = z.infer<typeof ChangeType>;

/**
 * `held`: clients have the approved definition or, of a new one, none. `served`: clients have what the server shows.
 * `refused`: as `held`, and an admin has decided so.
 */
export const ChangeState = z.enum(["held", "served", "refused"]).meta({ id: "ChangeState" });
export type ChangeState = z.infer<typeof ChangeState>;

/** A definition that differs from the approved one. */
export interface LockedChange {
  kind: LockedKind;
  key: string;
  change: ChangeType;
  state: ChangeState;
  /** Of what the server shows; null: it has removed the definition. */
  digest: string | null;
  /** The approved text; null: there is none. */
  before: string | null;
  /** The text that the server shows; null: none. */
  after: string | null;
  /** Whether calls still reach the server: of a held change, while each call that fits the approved schema fits the new one. */
  isCallable: boolean;
}
