import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";

/** Most tokens of a workspace that are not revoked. */
export const MAX_SCIM_TOKENS = 10;

/** A token with which the company’s directory provisions people and teams, without its value. */
export const ScimToken = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    lastFour: z.string(),
    createdBy: z.string(),
    /** Epoch ms. */
    createdAt: z.int(),
    revokedAt: z.int().nullable(),
    lastUsedAt: z.int().nullable(),
    /** The last request that was refused, epoch ms; null: none was. */
    lastErrorAt: z.int().nullable(),
    /** Its method, kind of resource, status and SCIM error type. */
    lastError: z.string().nullable(),
  })
  .meta({ id: "ScimToken" });
export type ScimToken = z.infer<typeof ScimToken>;

/** Body that makes a token. */
export const ScimTokenInput = z.strictObject({ label: DisplayName });

/** A new token in clear text, shown only once, with its record. */
export const IssuedScimToken = z
  .object({ token: z.string(), record: ScimToken })
  .meta({ id: "IssuedScimToken" });

/** The directory of a workspace. `users`, `groups`: how many people and teams it manages. */
export const ScimStatus = z
  .object({ tokens: z.array(ScimToken), users: z.int(), groups: z.int() })
  .meta({ id: "ScimStatus" });
export type ScimStatus = z.infer<typeof ScimStatus>;

/** A member that the directory manages. */
export const ScimMember = z
  .object({
    memberId: z.string(),
    userName: z.string(),
    externalId: z.string().nullable(),
    active: z.boolean(),
    /** When the directory last changed it, epoch ms. */
    updatedAt: z.int(),
  })
  .meta({ id: "ScimMember" });
export type ScimMember = z.infer<typeof ScimMember>;
