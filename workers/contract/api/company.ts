import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";
import { IssuerKind, IssuerSettings } from "../records/identity-issuer.ts";
import { Slug } from "../records/slug.ts";

/** The path of the callback address that an owner registers at the company's provider. */
export const COMPANY_CALLBACK_PATH = "/api/auth/company/callback";

/** A page of the dashboard to come back to. */
const Page = z.string().startsWith("/").max(1_800);

/** Body that begins a company sign-in. `link`: the invitation that the person accepts with it. */
export const CompanySignIn = z.strictObject({
  workspace: Slug,
  to: Page.optional(),
  link: z.strictObject({ secret: z.string().max(200), name: DisplayName }).optional(),
});
/** Body that begins a fresh sign-in at the company, for sensitive actions. `to`: the page that the browser is on. */
export const CompanyStepUp = z.strictObject({ to: Page });
/** Body that begins to connect the company account of the signed-in user. */
export const CompanyBinding = z.strictObject({ workspace: Slug });

/** The address at the provider to open next. */
export const CompanyRedirect = z.object({ to: z.string() }).meta({ id: "CompanyRedirect" });

/** API view of an issuer whose identities a workspace accepts: no client secret. */
export const IdentityIssuer = z
  .strictObject({
    id: z.string(),
    kind: IssuerKind,
    name: z.string(),
    issuer: z.string(),
    clientId: z.string().nullable(),
    hasClientSecret: z.boolean(),
    settings: IssuerSettings,
    /** Whether people sign in by it. */
    isEnabled: z.boolean(),
    /** Whether its identity assertions (ID-JAG) give clients access without consent. */
    acceptsAssertions: z.boolean(),
    createdAt: z.int(),
    createdBy: z.string(),
  })
  .meta({ id: "IdentityIssuer" });
export type IdentityIssuer = z.infer<typeof IdentityIssuer>;

const ClientId = z.string().trim().min(1).max(500);
const ClientSecret = z.string().trim().min(1).max(2_000);

/** Body that adds the company's OpenID provider. It is off until an owner has tested it and switches it on. */
export const IdentityIssuerInput = z.strictObject({
  name: DisplayName,
  issuer: z.url({ protocol: /^https?$/ }).max(2_000),
  clientId: ClientId,
  clientSecret: ClientSecret.nullable().default(null),
  settings: IssuerSettings.prefault({}),
});
/** Body that changes it. `clientSecret` null: it has none any more. */
export const IdentityIssuerPatch = z
  .strictObject({
    name: DisplayName,
    clientId: ClientId,
    clientSecret: ClientSecret.nullable(),
    settings: IssuerSettings,
    isEnabled: z.boolean(),
    acceptsAssertions: z.boolean(),
  })
  .partial();

/** What the last test sign-in of an owner has shown. `claims`: as text, cut when they are long. */
export const IssuerTest = z
  .object({
    testedAt: z.int(),
    /** Null: the sign-in works; else why it does not, a sentence. */
    problem: z.string().nullable(),
    claims: z.array(z.object({ name: z.string(), value: z.string() })),
    groups: z.array(z.string()),
    /** What a person with these claims would get. */
    outcome: z.string(),
  })
  .meta({ id: "IssuerTest" });
export type IssuerTest = z.infer<typeof IssuerTest>;

/** Why a company sign-in has ended without a session, for the page that follows. */
export const CompanyProblem = z.enum([
  "expired",
  "provider",
  "unknown",
  "address_taken",
  "claims",
  "suspended",
  "removed",
  "step_up",
  "groups_overage",
  "other_member",
  "session",
  "link",
  "stored",
  "limited",
]);
export type CompanyProblem = z.infer<typeof CompanyProblem>;
