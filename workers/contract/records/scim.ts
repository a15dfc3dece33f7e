/** What a directory says of a person besides `userName`, `externalId` and `active`: attributes of RFC 7643, section 4. */
export type ScimAttributes = Record<string, unknown>;

/** A person as a directory describes it. `name`, `email`: those of the member. */
export interface ScimPerson {
  userName: string;
  externalId: string | null;
  active: boolean;
  attributes: ScimAttributes;
  name: string;
  email: string | null;
}

/** A member that a directory manages, as it is stored. */
export interface ScimUserRecord {
  memberId: string;
  workspaceId: string;
  userName: string;
  /** `userName` for comparison: without regard to case. */
  userNameKey: string;
  externalId: string | null;
  attributes: ScimAttributes;
  active: boolean;
  /** The suspension that the directory has made, which only it lifts, epoch ms; null: none. */
  deactivatedAt: number | null;
  /** Counts the changes by the directory. */
  version: number;
  /** Epoch ms. */
  createdAt: number;
  updatedAt: number;
}

/** A team that is a group of the directory. Its name, its id in the directory and its members are those of the team. */
export interface ScimGroupRecord {
  teamId: string;
  workspaceId: string;
  /** When the directory removed the group and the team stayed, epoch ms; null: it is a group. */
  deletedAt: number | null;
  version: number;
  createdAt: number;
  updatedAt: number;
}

/** What a change of a directory stores besides the members and teams. */
export interface ScimWrites {
  user?: ScimUserRecord;
  group?: ScimGroupRecord;
  /** The user whose API keys are revoked and whose sessions of this workspace end; null: none. */
  endsAccessOf: string | null;
}

/** The form in which user names are compared: without regard to case, and to how a character is composed. */
export function toUserNameKey(userName: string): string {
  return userName.normalize("NFKC").toLowerCase();
}
