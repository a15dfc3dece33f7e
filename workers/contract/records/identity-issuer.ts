import { z } from "zod";
import { Role } from "./workspace.ts";

/** `openid`: the company's OpenID provider. `assertions`: an issuer of identity assertions only (ID-JAG). */
export const IssuerKind = z.enum(["openid", "assertions"]);
export type IssuerKind = z.infer<typeof IssuerKind>;

/** The name of a claim. Dots and slashes belong to the name: many providers use addresses. */
const ClaimName = z.string().trim().min(1).max(200);

/** What the members of a group of the directory get: a team, a role, or both. */
export const GroupMapping = z.strictObject({
  group: z.string().trim().min(1).max(300),
  teamId: z.string().max(60).nullable(),
  role: Role.nullable(),
});
export type GroupMapping = z.infer<typeof GroupMapping>;

/** A claim that an identity must have, with one of these values. */
export const RequiredClaim = z.strictObject({
  claim: ClaimName,
  values: z.array(z.string().min(1).max(300)).min(1).max(50),
});
export type RequiredClaim = z.infer<typeof RequiredClaim>;

/** How a workspace uses the identities of an issuer. */
export const IssuerSettings = z.strictObject({
  /** Beside `openid`, `profile` and `email`. */
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/))
    .max(20)
    .default([]),
  /** The claim that lists a person's groups; null: groups give nothing. */
  groupsClaim: ClaimName.nullable().default(null),
  /** Whether the provider is asked (userinfo) for the groups that the ID token does not have. */
  readsUserinfo: z.boolean().default(false),
  mappings: z.array(GroupMapping).max(500).default([]),
  /** The attribute of a SCIM user that `scimClaim` equals: by it, a first sign-in finds the person of the directory. */
  scimAttribute: z.enum(["externalId", "userName"]).default("externalId"),
  scimClaim: ClaimName.default("sub"),
  /** Whether an identity that is no member's becomes a new member. */
  createsMembers: z.boolean().default(false),
  /** All must fit. */
  requiredClaims: z.array(RequiredClaim).max(20).default([]),
  /** Domains of verified addresses, of which a new member needs one; empty: any address, or none. */
  emailDomains: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .regex(/^[a-z0-9.-]{1,253}$/),
    )
    .max(50)
    .default([]),
  /** Of an issuer of assertions: whether a verified address names the existing member at a subject's first use. */
  mapsByEmail: z.boolean().default(false),
});
export type IssuerSettings = z.infer<typeof IssuerSettings>;

/** Who a person is at an issuer. `email`: as the issuer gave it, for display; it identifies no one. */
export interface IssuerIdentity {
  issuer: string;
  subject: string;
  email: string | null;
}
