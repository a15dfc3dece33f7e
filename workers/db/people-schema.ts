import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { SignInLinkKind, SignInMethod } from "../contract/api/people.ts";
import type { Role } from "../contract/records/workspace.ts";

// The tables of `d1-migrations/0002_people.sql` for accounts and sign-in. Secrets are stored as SHA-256 digests.

/** Users: people who can sign in. */
export const users = sqliteTable("users", {
  id: text().primaryKey(),
  name: text().notNull(),
  email: text(),
  isFounder: integer("is_founder", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  managesHosts: integer("manages_hosts", { mode: "boolean" }).notNull(),
  curatesMarketplace: integer("curates_marketplace", { mode: "boolean" }).notNull(),
});

/** WebAuthn credentials of users. */
export const passkeys = sqliteTable("passkeys", {
  id: text().primaryKey(),
  userId: text("user_id").notNull(),
  publicKey: text("public_key").notNull(),
  counter: integer().notNull(),
  transports: text({ mode: "json" }).$type<string[]>().notNull(),
  label: text().notNull(),
  isBackedUp: integer("is_backed_up", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  lastUsedAt: integer("last_used_at"),
});

/** Browser sessions. */
export const sessions = sqliteTable("sessions", {
  id: text().primaryKey(),
  digest: text().notNull(),
  userId: text("user_id").notNull(),
  method: text().$type<SignInMethod>().notNull(),
  userAgent: text("user_agent").notNull(),
  createdAt: integer("created_at").notNull(),
  lastSeenAt: integer("last_seen_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  steppedUpAt: integer("stepped_up_at"),
  /** The only workspace that the session reaches; null: it is not limited. */
  workspaceId: text("workspace_id"),
  /** The issuer whose sign-in began the session. */
  issuerId: text("issuer_id"),
});

/** Recovery codes, also used ones. */
export const recoveryCodes = sqliteTable("recovery_codes", {
  digest: text().primaryKey(),
  userId: text("user_id").notNull(),
  usedAt: integer("used_at"),
});

/** Unused single-use links: setup, invitation and recovery links. */
export const signInLinks = sqliteTable("sign_in_links", {
  id: text().primaryKey(),
  digest: text().notNull(),
  kind: text().$type<SignInLinkKind>().notNull(),
  userId: text("user_id"),
  workspaceId: text("workspace_id"),
  memberId: text("member_id"),
  role: text().$type<Role>(),
  createdBy: text("created_by").notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  managesHosts: integer("manages_hosts", { mode: "boolean" }).notNull(),
  curatesMarketplace: integer("curates_marketplace", { mode: "boolean" }).notNull(),
});

/** Used challenges of WebAuthn ceremonies, until they expire. */
export const challenges = sqliteTable("challenges", {
  challenge: text().primaryKey(),
  purpose: text().notNull(),
  subject: text().notNull(),
  expiresAt: integer("expires_at").notNull(),
});

/** API keys of workspaces. */
export const apiKeys = sqliteTable("api_keys", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  label: text().notNull(),
  role: text().$type<Role>().notNull(),
  digest: text().notNull(),
  lastFour: text("last_four").notNull(),
  createdBy: text("created_by").notNull(),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at"),
  revokedAt: integer("revoked_at"),
  lastUsedAt: integer("last_used_at"),
});
