import type { IssuerIdentity } from "../records/identity-issuer.ts";
import type { ScimPerson } from "../records/scim.ts";
import type { NamedMember, Role } from "../records/workspace.ts";

/** A member that a directory names. `userId`: who signs in as it; null: no user yet. */
interface ProvisionedMember {
  name: string;
  email: string | null;
  role: Role;
  userId: string | null;
}

/**
 * The commands of a company's directory. `version`: the one that the caller has read; null: whichever is stored. Of two changes
 * of the same version, the object executes one and answers the other with `version`.
 */
export interface DirectoryArguments {
  /** Adds a member without an invitation: the company's directory or sign-in says who it is. `identity`: bound with it. */
  "member.provision": { member: ProvisionedMember; identity?: IssuerIdentity };
  /** Links a user, an identity or both to a member. Refused if another user signs in as the member. */
  "member.bind": { id: string; userId: string; identity?: IssuerIdentity };
  /** `adopts`: the member that has the person's identity already; null: it is a new one. */
  "scim-user.create": { person: ScimPerson; adopts: string | null };
  "scim-user.update": { id: string; version: number | null; person: ScimPerson };
  "scim-user.delete": { id: string; version: number | null };
  "scim-group.create": { group: ScimGroupInput };
  "scim-group.update": { id: string; version: string | null; group: ScimGroupInput };
  "scim-group.delete": { id: string; version: string | null };
}

/** A group as a directory describes it. */
export interface ScimGroupInput {
  name: string;
  externalId: string | null;
  memberIds: string[];
}

/** Why a change of a directory was not executed. `detail`: a sentence for its administrator. */
export type ScimProblem = {
  ok: false;
  problem: "not_found" | "version" | "uniqueness" | "conflict" | "value";
  detail: string;
};

/** The result of a change of a directory. `id`: of the member or team. */
export type ScimOutcome = { ok: true; id: string } | ScimProblem;

/** Their results. */
export interface DirectoryResults {
  "member.provision": { member: NamedMember };
  "member.bind": { member: NamedMember };
  "scim-user.create": ScimOutcome;
  "scim-user.update": ScimOutcome;
  "scim-user.delete": ScimOutcome;
  "scim-group.create": ScimOutcome;
  "scim-group.update": ScimOutcome;
  "scim-group.delete": ScimOutcome;
}
