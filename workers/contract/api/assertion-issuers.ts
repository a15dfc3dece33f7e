import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";
import { RequiredClaim } from "../records/identity-issuer.ts";

/** Checked for every assertion, whatever a workspace requires. */
const ALWAYS_CHECKED = "iss sub aud exp nbf iat jti client_id resource scope".split(" ");
/** Issuers that all their customers share, and the claim that names one. */
const SHARED_ISSUERS: Record<string, string> = { "https://accounts.google.com": "hd" };

/** An issuer is compared as it is written, so that it is not normalized. */
const IssuerAddress = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .regex(/^[^?#]+$/, "an issuer has no query and no fragment (RFC 8414, section 2)");

const RequiredClaims = z
  .array(RequiredClaim)
  .max(10)
  .superRefine((claims, context) => {
    const checked = claims.find(({ claim }) => ALWAYS_CHECKED.includes(claim));
    if (!checked) return;
    const message = `${checked.claim} is checked for every assertion: leave it out`;
    context.addIssue({ code: "custom", message });
  });

/**
 * An issuer of identity assertions to trust, by its address. `requiredClaims`: all must fit, such as the organisation for which
 * it speaks. `mapsByEmail`: whether a subject that comes first becomes the member with its verified address.
 * `acceptsAssertions`: whether its assertions give access now.
 */
export const AssertionIssuerInput = z
  .strictObject({
    name: DisplayName,
    issuer: IssuerAddress,
    requiredClaims: RequiredClaims.default([]),
    mapsByEmail: z.boolean().default(true),
    acceptsAssertions: z.boolean().default(true),
  })
  .superRefine(({ issuer, requiredClaims }, context) => {
    const problem = refuseSharedIssuer(issuer, requiredClaims);
    if (problem === null) return;
    context.addIssue({ code: "custom", path: ["requiredClaims"], message: problem });
  });
export type AssertionIssuerInput = z.infer<typeof AssertionIssuerInput>;

/** Changes to what is asked of an issuer of assertions. They hold from its next assertion on. */
export const AssertionIssuerPatch = z
  .strictObject({
    name: DisplayName,
    requiredClaims: RequiredClaims,
    mapsByEmail: z.boolean(),
    acceptsAssertions: z.boolean(),
  })
  .partial();
export type AssertionIssuerPatch = z.infer<typeof AssertionIssuerPatch>;

/** API view of an issuer of assertions. */
export const AssertionIssuer = z
  .object({
    id: z.string(),
    name: z.string(),
    issuer: z.string(),
    requiredClaims: z.array(RequiredClaim),
    mapsByEmail: z.boolean(),
    acceptsAssertions: z.boolean(),
    createdAt: z.int(),
  })
  .meta({ id: "AssertionIssuer" });
export type AssertionIssuer = z.infer<typeof AssertionIssuer>;

/** The account of an issuer that an owner pins to a member: its subject (`sub`), exactly as the issuer writes it. */
export const PinnedSubject = z.strictObject({ subject: z.string().min(1).max(255) });
export type PinnedSubject = z.infer<typeof PinnedSubject>;

/** A member that is known by an account of an issuer. `email`: the issuer's at the first use; null: it gave none. */
export const PinnedIdentity = z
  .object({
    memberId: z.string(),
    memberName: z.string(),
    subject: z.string(),
    email: z.string().nullable(),
    pinnedAt: z.int(),
  })
  .meta({ id: "PinnedIdentity" });
export type PinnedIdentity = z.infer<typeof PinnedIdentity>;

/** Why claims do not tell one customer of an issuer from another, as a sentence without a full stop; null: they do. */
export function refuseSharedIssuer(issuer: string, claims: RequiredClaim[]): string | null {
  const name = SHARED_ISSUERS[issuer.replace(/\/$/, "")];
  if (name === undefined || claims.some(({ claim }) => claim === name)) return null;
  return `every customer of ${issuer} has this issuer: require the claim ${name} of your organisation`;
}
