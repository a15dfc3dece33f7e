import { z } from "zod";
import { DisplayName } from "../records/display-name.ts";
import { Slug } from "../records/slug.ts";
import { Role } from "../records/workspace.ts";
import { TokenInput } from "../rpc/commands.ts";
import { AuthenticationResponse, RegistrationResponse } from "./webauthn.ts";

/** A kind of action in a workspace. `workers/management/roles.ts` says which role is allowed which action. */
export const Action = z.enum([
  "workspace.view",
  "server.list",
  "me.use",
  "me.views",
  "audit.read",
  "sign-ins.read",
  "hosting.read",
  "request.read",
  "follow.read",
  "connection.read",
  "contract.read",
  "member.read",
  "rules.read",
  "token.read",
  "key.read",
  "calls.stop",
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

/** A person who can sign in to the dashboard; a member of any number of workspaces. */
export const User = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    /** The user's Cloudflare Access address; only a verified assertion or the operator sets it. */
    email: z.string().nullable(),
    /** Created with a setup link: can create workspaces without owning one. */
    isFounder: z.boolean(),
    createdAt: z.int(),
    /** Manages the deployment's container hosts, as the operator does. Only the operator decides who does. */
    managesHosts: z.boolean(),
    /** Curates the marketplace, as the operator does. Only the operator decides who does. */
    curatesMarketplace: z.boolean(),
  })
  .meta({ id: "User" });
export type User = z.infer<typeof User>;

/** How the user of a browser session signed in. */
export const SignInMethod = z.enum(["passkey", "access", "recovery-code", "company"]);
export type SignInMethod = z.infer<typeof SignInMethod>;
/** API view of a browser session. */
export const BrowserSessionSummary = z
  .strictObject({
    id: z.string(),
    method: SignInMethod,
    /** The `User-Agent` header of the sign-in, at most 200 characters. */
    userAgent: z.string(),
    createdAt: z.int(),
    lastSeenAt: z.int(),
    /** Absolute end, epoch ms. 30 minutes without a request end the session earlier. */
    expiresAt: z.int(),
    isCurrent: z.boolean(),
  })
  .meta({ id: "BrowserSessionSummary" });
export type BrowserSessionSummary = z.infer<typeof BrowserSessionSummary>;

const Membership = z.strictObject({
  workspace: z.strictObject({ id: z.string(), slug: z.string(), name: z.string() }),
  memberId: z.string(),
  role: Role,
  /** Since when the member is suspended, epoch ms: it has no actions then. Null: it is not. */
  suspendedAt: z.int().nullable(),
  actions: z.array(Action),
});
export type Membership = z.infer<typeof Membership>;

/** The signed-in user, the browser session, and the permissions by workspace. */
export const Me = z
  .strictObject({
    user: User,
    session: z.strictObject({
      id: z.string(),
      method: SignInMethod,
      /** Send as `X-CSRF-Token` with every request except GET. Changes with each step-up. */
      csrfToken: z.string(),
      /** Epoch ms until which sensitive actions are allowed; null: they need a passkey check first. */
      steppedUpUntil: z.int().nullable(),
      expiresAt: z.int(),
      /** The slug of the only workspace that a session by a company's sign-in reaches; null: it is not limited. */
      limitedTo: z.string().nullable(),
    }),
    passkeys: z.int(),
    recoveryCodesLeft: z.int(),
    canCreateWorkspaces: z.boolean(),
    memberships: z.array(Membership),
  })
  .meta({ id: "Me" });
export type Me = z.infer<typeof Me>;

/** Body of `PATCH /me`. */
export const MePatch = z.strictObject({ name: DisplayName });

/** The sign-in methods that work for this request. */
export const SignInOptions = z
  .object({
    /** False: the host is an IP address, which WebAuthn does not support. */
    passkeys: z.boolean(),
    /** True: Cloudflare Access is configured, and this request came through it. */
    access: z.boolean(),
    /** False: there are no users yet; a setup link creates the first owner. */
    hasUsers: z.boolean(),
    /** The company sign-in of the workspace that the request names; null: none, also when there is no such workspace. */
    company: z.object({ name: z.string() }).nullable(),
  })
  .meta({ id: "SignInOptions" });

/**
 * Options for `startAuthentication` and `startRegistration` of @simplewebauthn/browser, passed on unchanged
 * (WebAuthn level 3, section 5.1).
 */
export const CeremonyOptions = z
  .object({ options: z.record(z.string(), z.unknown()) })
  .meta({ id: "CeremonyOptions" });

/** Body of a sign-in or step-up with a passkey. */
export const PasskeySignIn = z.strictObject({ response: AuthenticationResponse });
/** Body of a sign-in with a recovery code. */
export const RecoveryCodeSignIn = z.strictObject({ code: z.string().max(200) });
/** A single-use link ends in `#<secret>`: browsers do not send the fragment, so that no server log contains it. */
const LinkSecret = z.string().max(200);
/** Body that names a single-use link by its secret. */
export const SignInLinkInput = z.strictObject({ secret: LinkSecret });

/** Kind of a single-use link. */
export const SignInLinkKind = z.enum(["setup", "invitation", "recovery"]);
export type SignInLinkKind = z.infer<typeof SignInLinkKind>;

/** Purpose of a single-use link, shown before it is used. */
export const SignInLinkSummary = z
  .object({
    kind: SignInLinkKind,
    /** The user's name: a suggestion (invitation) or fixed (recovery); null: not known. */
    name: z.string().nullable(),
    workspace: z.object({ slug: z.string(), name: z.string() }).nullable(),
    role: Role.nullable(),
    expiresAt: z.int(),
  })
  .meta({ id: "SignInLink" });
export type SignInLinkSummary = z.infer<typeof SignInLinkSummary>;

/** Body that accepts a link, with the new user's name. A recovery link keeps the user's name. */
export const SignInLinkUser = z.strictObject({ secret: LinkSecret, name: DisplayName });
/** Body that accepts a link with a new passkey. */
export const SignInLinkPasskey = SignInLinkUser.extend({ response: RegistrationResponse });

/** API view of a passkey: no key, no counter. */
export const Passkey = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    createdAt: z.int(),
    lastUsedAt: z.int().nullable(),
    /** Whether the authenticator syncs it to the user's other devices (WebAuthn level 3, backup state). */
    isBackedUp: z.boolean(),
  })
  .meta({ id: "Passkey" });
export type Passkey = z.infer<typeof Passkey>;
/** Body that adds a passkey. */
export const PasskeyInput = z.strictObject({ label: DisplayName, response: RegistrationResponse });
/** Body that renames a passkey. */
export const PasskeyPatch = z.strictObject({ label: DisplayName });

/** New recovery codes in clear text, shown only once. Each code signs in once. */
export const RecoveryCodes = z.object({ codes: z.array(z.string()) }).meta({ id: "RecoveryCodes" });

/** API view of an open invitation. `createdBy`: a user's id, or `operator`. */
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

/** Invites an existing member (`memberId`), or adds a member and invites it. */
export const InvitationInput = z.union([
  z.strictObject({ memberId: z.string(), expiresInHours: ExpiresInHours }),
  z.strictObject({
    name: DisplayName,
    email: z.email().max(254).nullable().optional(),
    role: Role.default("member"),
    expiresInHours: ExpiresInHours,
  }),
]);

/** A new single-use link with its secret, shown only once. */
export const IssuedLink = z
  .object({ url: z.string(), expiresAt: z.int() })
  .meta({ id: "IssuedLink" });
/** A new invitation and its single-use link, shown only once. */
export const IssuedInvitation = z
  .object({ url: z.string(), invitation: Invitation })
  .meta({ id: "IssuedInvitation" });

/** Body that creates a setup link. */
export const SetupLinkInput = z.strictObject({
  /** A workspace of which the new user becomes an owner; absent: none. */
  workspace: Slug.optional(),
  expiresInHours: ExpiresInHours,
  /** Whether the new user manages the deployment's container hosts in the dashboard. */
  managesHosts: z.boolean().default(false),
  /** Whether the new user curates the marketplace in the dashboard. */
  curatesMarketplace: z.boolean().default(false),
});
/** Body that creates a recovery link. */
export const RecoveryLinkInput = z.strictObject({ expiresInHours: ExpiresInHours });
/** Body that changes a user: its Cloudflare Access address (null: none), and what of the operator's work it does. */
export const UserPatch = z
  .strictObject({
    email: z.email().max(254).nullable(),
    managesHosts: z.boolean(),
    curatesMarketplace: z.boolean(),
  })
  .partial();

/** API view of an API key: no digest. */
export const ApiKey = z
  .strictObject({
    id: z.string(),
    label: z.string(),
    role: Role,
    lastFour: z.string(),
    /** A user's id, or `operator`. A key never has more permission than its creator has now. */
    createdBy: z.string(),
    createdAt: z.int(),
    expiresAt: z.int().nullable(),
    revokedAt: z.int().nullable(),
    lastUsedAt: z.int().nullable(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof ApiKey>;
/** Body that creates an API key. `expiresAt` in epoch ms; null or absent: it does not expire. */
export const ApiKeyInput = z.strictObject({
  label: DisplayName,
  role: Role,
  expiresAt: z.int().min(0).nullable().optional(),
});
/** A new API key in clear text, shown only once, with its record. */
export const IssuedApiKey = z
  .object({ key: z.string(), record: ApiKey })
  .meta({ id: "IssuedApiKey" });

/** Body that creates a token for the caller's member. */
export const MyTokenInput = TokenInput.omit({ memberId: true });

/** What a client has done with one of the caller's tokens, as far as the gateway remembers; null: nothing. */
export const TokenConnection = z
  .object({
    /** As the client names itself. */
    client: z.object({ name: z.string(), version: z.string().nullable() }).nullable(),
    /** The first request with the token, epoch ms. */
    connectedAt: z.int().nullable(),
    /** The first call that went to a server, epoch ms. */
    calledAt: z.int().nullable(),
  })
  .meta({ id: "TokenConnection" });

/** A tool that the caller's member is allowed to call. `exposedName`: its name for clients. */
export const CallableTool = z
  .object({
    serverSlug: z.string(),
    serverName: z.string(),
    exposedName: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    inputSchema: z.record(z.string(), z.unknown()).nullable(),
    annotations: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: "CallableTool" });
