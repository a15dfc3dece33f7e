import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { IssuerKind, IssuerSettings } from "../contract/records/identity-issuer.ts";

// The tables of `d1-migrations/0050_identity.sql`, `0053_asserted_grants.sql`, `0055_former_identities.sql` and
// `0056_identity_assertions.sql`.

/** The issuers whose identities a workspace accepts. `clientSecret`: sealed with the workspace's data key. */
export const identityIssuers = sqliteTable("identity_issuers", {
  id: text().primaryKey(),
  workspaceId: text("workspace_id").notNull(),
  kind: text().$type<IssuerKind>().notNull(),
  name: text().notNull(),
  issuer: text().notNull(),
  clientId: text("client_id"),
  clientSecret: text("client_secret"),
  settings: text({ mode: "json" }).$type<IssuerSettings>().notNull(),
  isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  acceptsAssertions: integer("accepts_assertions", { mode: "boolean" }),
});

/** Which member an issuer's subject is. */
export const memberIdentities = sqliteTable(
  "member_identities",
  {
    workspaceId: text("workspace_id").notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    memberId: text("member_id").notNull(),
    email: text(),
    pinnedAt: integer("pinned_at").notNull(),
    byAddress: integer("by_address", { mode: "boolean" }).notNull().default(false),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.issuer, table.subject] })],
);

/** The subjects whose members were removed. */
export const formerIdentities = sqliteTable(
  "former_identities",
  {
    workspaceId: text("workspace_id").notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    memberId: text("member_id").notNull(),
    removedAt: integer("removed_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.issuer, table.subject] })],
);

/** What the company's provider gave with a member's last sign-in. `sealed`: with the workspace's data key. */
export const companyTokens = sqliteTable(
  "company_tokens",
  {
    workspaceId: text("workspace_id").notNull(),
    issuer: text().notNull(),
    subject: text().notNull(),
    issuerId: text("issuer_id").notNull(),
    memberId: text("member_id").notNull(),
    sealed: text().notNull(),
    storedAt: integer("stored_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.issuer, table.subject] })],
);
