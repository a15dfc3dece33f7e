import { z } from "zod";
import { MAX_RULES_PER_MEMBER } from "../limits.ts";
import { Slug } from "../records/slug.ts";
import { Role, Rule } from "../records/workspace.ts";
import { TokenInput } from "../rpc/commands.ts";
import { AuthenticationResponse, RegistrationResponse } from "./webauthn.ts";

/** What somebody may do in a workspace; which role may do what stands in `workers/management/permissions.ts`. */
export const Action = z.enum([
  "workspace.view",
  "server.list",
  "own.use",
  "audit.read",
  "token.manage",
  "rules.edit",
  "server.manage",
  "hosting.manage",
  "hosting.plan",
  "member.manage",
  "key.manage",
  "workspace.configure",
  "owner.manage",
  "workspace.rename",
  "workspace.delete",
]);
export type Action = z.infer<typeof Action>;

const Name = z.string().trim().min(1).max(120);

/** A person who signs in. One user may be a member of many workspaces. */
export const User = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    /** The address under which Cloudflare Access knows this person; set from a verified assertion or by the operator only. */
    email: z.string().nullable(),
    /** Made by a setup link: may create workspaces without owning one. */
    isFounder: z.boolean(),
    createdAt: z.int(),
  })
  .meta({ id: "User" });
export type User = z.infer<typeof User>;

/** How a session's person was recognised. */
export const SignInMethod = z.enum(["passkey", "access", "recovery-code"]);
export type SignInMethod = z.infer<typeof SignInMethod>;

export const SessionFacts = z
  .strictObject({
    id: z.string(),
    method: SignInMethod,
    /** The browser's own words, at most 200 characters. */
    userAgent: z.string(),
    createdAt: z.int(),
    lastSeenAt: z.int(),
    /** The later end; 30 minutes without a request end it too. */
    expiresAt: z.int(),
    isCurrent: z.boolean(),
  })
  .meta({ id: "Session" });
export type SessionFacts = z.infer<typeof SessionFacts>;

const Membership = z.strictObject({
  workspace: z.strictObject({ id: z.string(), slug: z.string(), name: z.string() }),
  memberId: z.string(),
  role: Role,
  actions: z.array(Action),
});
export type Membership = z.infer<typeof Membership>;

/** Who is signed in and what that person may do. */
export const Me = z
  .strictObject({
    user: User,
    session: z.strictObject({
      id: z.string(),
      method: SignInMethod,
      /** Send as `X-CSRF-Token` with every request that is not a GET; another one after each step-up. */
      csrfToken: z.string(),
      /** Until then dangerous actions need no further ceremony; null: they do. Epoch ms. */
      steppedUpUntil: z.int().nullable(),
      expiresAt: z.int(),
    }),
    passkeys: z.int(),
    recoveryCodesLeft: z.int(),
    mayCreateWorkspaces: z.boolean(),
    memberships: z.array(Membership),
  })
  .meta({ id: "Me" });
export type Me = z.infer<typeof Me>;

export const MePatch = z.strictObject({ name: Name });

/** What the sign-in page can offer. */
export const SignInOptions = z
  .object({
    /** False where the host is an IP address, which WebAuthn does not know. */
    passkeys: z.boolean(),
    /** Cloudflare Access is configured, and this request came through it. */
    access: z.boolean(),
    /** False: nobody can sign in yet; the setup link makes the first owner. */
    hasUsers: z.boolean(),
  })
  .meta({ id: "SignInOptions" });

/** For `startAuthentication` and `startRegistration` of @simplewebauthn/browser, as they are (WebAuthn level 3, section 5.1). */
export const CeremonyOptions = z
  .object({ options: z.record(z.string(), z.unknown()) })
  .meta({ id: "CeremonyOptions" });

export const PasskeySignIn = z.strictObject({ response: AuthenticationResponse });
export const RecoveryCodeSignIn = z.strictObject({ code: z.string().max(200) });

/** A single-use link ends in `#<secret>`, so that no server's log ever holds it. */
const LinkSecret = z.string().max(200);
export const LinkQuery = z.strictObject({ secret: LinkSecret });

export const LinkKind = z.enum(["setup", "invitation", "recovery"]);
export type LinkKind = z.infer<typeof LinkKind>;

/** What a single-use link is for, before it is used. */
export const LinkFacts = z
  .object({
    kind: LinkKind,
    /** Suggested (invitation) or fixed (recovery) name of the person; null: ask for it. */
    name: z.string().nullable(),
    workspace: z.object({ slug: z.string(), name: z.string() }).nullable(),
    role: Role.nullable(),
    expiresAt: z.int(),
  })
  .meta({ id: "LinkFacts" });
export type LinkFacts = z.infer<typeof LinkFacts>;

export const LinkPerson = z.strictObject({ secret: LinkSecret, name: Name });
export const LinkPasskey = LinkPerson.extend({ response: RegistrationResponse });

export const Passkey = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    createdAt: z.int(),
    lastUsedAt: z.int().nullable(),
    /** Whether the authenticator copies it to the person's other devices. */
    isBackedUp: z.boolean(),
  })
  .meta({ id: "Passkey" });
export type Passkey = z.infer<typeof Passkey>;
export const PasskeyInput = z.strictObject({ label: Name, response: RegistrationResponse });
export const PasskeyPatch = z.strictObject({ label: Name });

/** Codes in clear, shown this once; each signs in one time. */
export const RecoveryCodes = z.object({ codes: z.array(z.string()) }).meta({ id: "RecoveryCodes" });

/** An open invitation: who made it, for which member, until when. */
export const Invitation = z
  .strictObject({
    id: z.string(),
    memberId: z.string(),
    memberName: z.string(),
    role: Role,
    createdBy: z.string(),
    createdAt: z.int(),
    expiresAt: z.int(),
  })
  .meta({ id: "Invitation" });
export type Invitation = z.infer<typeof Invitation>;

const ExpiresInHours = z
  .int()
  .min(1)
  .max(30 * 24)
  .default(72);

/** Either a member who is there already, or a new one. */
export const InvitationInput = z.union([
  z.strictObject({ memberId: z.string(), expiresInHours: ExpiresInHours }),
  z.strictObject({
    name: Name,
    email: z.email().max(254).nullable().optional(),
    role: Role.default("member"),
    expiresInHours: ExpiresInHours,
  }),
]);

/** A single-use link in clear, shown this once. */
export const IssuedLink = z
  .object({ url: z.string(), expiresAt: z.int() })
  .meta({ id: "IssuedLink" });
export const IssuedInvitation = z
  .object({ url: z.string(), invitation: Invitation })
  .meta({ id: "IssuedInvitation" });

export const SetupLinkInput = z.strictObject({
  /** A workspace that the new person owns from the start; absent: none yet. */
  workspace: Slug.optional(),
  expiresInHours: ExpiresInHours,
});
export const RecoveryLinkInput = z.strictObject({ expiresInHours: ExpiresInHours });
export const UserPatch = z.strictObject({ email: z.email().max(254).nullable() });

/** A key for automation, without its digest. */
export const ApiKey = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    role: Role,
    lastFour: z.string(),
    /** The user's id, or `operator`. A key is never worth more than its maker's present role. */
    createdBy: z.string(),
    createdAt: z.int(),
    expiresAt: z.int().nullable(),
    revokedAt: z.int().nullable(),
    lastUsedAt: z.int().nullable(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof ApiKey>;
export const ApiKeyInput = z.strictObject({
  label: Name,
  role: Role,
  expiresAt: z.int().min(0).nullable().optional(),
});
export const IssuedApiKey = z
  .object({ key: z.string(), record: ApiKey })
  .meta({ id: "IssuedApiKey" });

/** The signed-in member's own token. */
export const OwnTokenInput = TokenInput.omit({ memberId: true });

/** A tool that the signed-in member may call, under the name that clients see. */
export const OwnTool = z
  .object({
    serverSlug: z.string(),
    serverName: z.string(),
    exposedName: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    inputSchema: z.record(z.string(), z.unknown()).nullable(),
    annotations: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: "OwnTool" });

export const RulesCopy = z.strictObject({ from: z.string() });

/** What is to be tried out; what is absent stays as it is. */
export const AccessProposal = z.strictObject({
  enforcement: z.boolean().optional(),
  defaultAccess: z.enum(["open", "closed"]).optional(),
  /** A member's rules after the change, by the member's id. */
  rules: z.record(z.string(), z.array(Rule).max(MAX_RULES_PER_MEMBER)).optional(),
});
export type AccessProposal = z.infer<typeof AccessProposal>;

const AffectedTool = z.object({
  serverSlug: z.string(),
  toolName: z.string(),
  /** Calls by this member in the last 30 days. */
  calls: z.int(),
  lastCalledAt: z.int().nullable(),
});

/** Who would lose and gain what; members for whom nothing changes are left out. */
export const AccessPreview = z
  .object({
    members: z.array(
      z.object({
        memberId: z.string(),
        name: z.string(),
        toolsBefore: z.int(),
        toolsAfter: z.int(),
        lostCount: z.int(),
        gainedCount: z.int(),
        /** The most used first, at most 100. */
        lost: z.array(AffectedTool),
        /** Servers whose prompts and resources are lost. */
        lostServers: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: "AccessPreview" });
export type AccessPreview = z.infer<typeof AccessPreview>;
