import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Publication } from "../contract/api/marketplace-publishing.ts";

// The tables of `d1-migrations/0042_publications.sql`.

/** Versions of servers that people have published here. */
export const marketplacePublications = sqliteTable("marketplace_publications", {
  key: text().notNull(),
  version: text().notNull(),
  name: text().notNull(),
  document: text().notNull(),
  digest: text().notNull(),
  publishedBy: text("published_by").notNull(),
  publishedAt: integer("published_at").notNull(),
  proofKind: text("proof_kind").$type<Publication["proof"]["kind"]>().notNull(),
  proofSubject: text("proof_subject").notNull(),
  status: text().$type<Publication["status"]>().notNull(),
  statusMessage: text("status_message"),
  handedOn: text("handed_on").$type<NonNullable<Publication["handedOn"]>["state"]>(),
  handedOnMessage: text("handed_on_message"),
  handedOnAt: integer("handed_on_at"),
});

/** What people have proven of namespaces. */
export const marketplaceNamespaceProofs = sqliteTable("marketplace_namespace_proofs", {
  namespace: text().notNull(),
  userId: text("user_id").notNull(),
  challenge: text(),
  challengedAt: integer("challenged_at"),
  kind: text().$type<"dns" | "http" | "github">(),
  subject: text(),
  provenAt: integer("proven_at"),
});

/** Scores of servers by the days on which they have changed. */
export const marketplaceScoreDays = sqliteTable("marketplace_score_days", {
  name: text().notNull(),
  day: integer().notNull(),
  score: integer().notNull(),
  grade: text(),
});
