import { getTableConfig, SQLiteTable, type SQLiteColumn } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import * as accessRequestsSchema from "../../../workers/db/access-requests-schema.ts";
import * as alertsSchema from "../../../workers/db/alerts-schema.ts";
import * as connectionsSchema from "../../../workers/db/connections-schema.ts";
import * as contractsSchema from "../../../workers/db/contracts-schema.ts";
import * as followedSchema from "../../../workers/db/followed-registries-schema.ts";
import * as generatedSchema from "../../../workers/db/generated-servers-schema.ts";
import * as hostingSchema from "../../../workers/db/hosting-schema.ts";
import * as identitySchema from "../../../workers/db/identity-schema.ts";
import * as marketplaceCurationSchema from "../../../workers/db/marketplace-curation-schema.ts";
import * as lookAlikesSchema from "../../../workers/db/marketplace-look-alikes-schema.ts";
import * as marketplaceProbesSchema from "../../../workers/db/marketplace-probes-schema.ts";
import * as publicationsSchema from "../../../workers/db/marketplace-publications-schema.ts";
import * as marketplaceReadmesSchema from "../../../workers/db/marketplace-readmes-schema.ts";
import * as requestsSchema from "../../../workers/db/marketplace-requests-schema.ts";
import * as marketplaceSchema from "../../../workers/db/marketplace-schema.ts";
import * as marketplaceSignalsSchema from "../../../workers/db/marketplace-signals-schema.ts";
import * as marketplaceSyncSchema from "../../../workers/db/marketplace-sync-schema.ts";
import * as versionsSchema from "../../../workers/db/marketplace-versions-schema.ts";
import * as oauthSchema from "../../../workers/db/oauth-schema.ts";
import * as peopleSchema from "../../../workers/db/people-schema.ts";
import * as schema from "../../../workers/db/schema.ts";
import * as scimSchema from "../../../workers/db/scim-schema.ts";
import * as teamsSchema from "../../../workers/db/teams-schema.ts";
import * as workspaceVersionsSchema from "../../../workers/db/versions-schema.ts";
import * as workshopSchema from "../../../workers/db/workshop-schema.ts";
import { bindings } from "../support/gateway-client.ts";

interface ColumnInfo {
  name: string;
  type: string;
  notnull: number;
  dflt_value: string | null;
  /** Position in the primary key from 1; 0: not part of it. */
  pk: number;
}

/** Tables whose queries are written in SQL. */
const WITHOUT_DRIZZLE = ["usage_steps"];
/** Declares some columns of a table that another Drizzle table describes. */
const PARTIAL = [hostingSchema.workspacePlans];
/** Columns of `workspaces` that only `workspacePlans` declares. */
const PLAN_COLUMNS = ["max_instances", "plan"];

const tables = [
  schema,
  peopleSchema,
  oauthSchema,
  connectionsSchema,
  contractsSchema,
  followedSchema,
  generatedSchema,
  hostingSchema,
  identitySchema,
  scimSchema,
  marketplaceSchema,
  marketplaceSignalsSchema,
  marketplaceReadmesSchema,
  publicationsSchema,
  lookAlikesSchema,
  marketplaceProbesSchema,
  marketplaceSyncSchema,
  marketplaceCurationSchema,
  accessRequestsSchema,
  alertsSchema,
  requestsSchema,
  versionsSchema,
  teamsSchema,
  workspaceVersionsSchema,
  workshopSchema,
]
  .flatMap((module): unknown[] => Object.values(module))
  .filter((value) => value instanceof SQLiteTable)
  // SQLite does not say the types of a full-text index.
  .filter((table) => table !== marketplaceSchema.marketplaceSearch)
  .map((table) => ({ table, ...getTableConfig(table) }));
const whole = tables.filter(({ table }) => !PARTIAL.some((partial) => partial === table));

async function readColumns(table: string): Promise<Map<string, ColumnInfo>> {
  const { results } = await bindings.DB.prepare("SELECT * FROM pragma_table_info(?)")
    .bind(table)
    .all<ColumnInfo>();
  return new Map(results.map((column) => [column.name, column]));
}

/**
 * A column in the terms of both descriptions. `isKey`: it is the whole primary key, the only kind that a column
 * declares.
 */
interface Description {
  name: string;
  type: string;
  isNotNull: boolean;
  isKey: boolean;
  /** Drizzle may leave out a default that it does not need for an insert. */
  lacksDefault: boolean;
}

function toDeclared(column: SQLiteColumn): Description {
  const type = column.getSQLType().toUpperCase();
  const { name, notNull: isNotNull, primary: isKey } = column;
  return { name, type, isNotNull, isKey, lacksDefault: false };
}

function toMigrated(column: SQLiteColumn, migrated: Map<string, ColumnInfo>): Description | null {
  const info = migrated.get(column.name);
  if (!info) return null;
  const keyLength = [...migrated.values()].filter(({ pk }) => pk > 0).length;
  return {
    name: info.name,
    type: info.type,
    isNotNull: info.notnull === 1 || info.pk > 0,
    isKey: info.pk === 1 && keyLength === 1,
    lacksDefault: column.default !== undefined && info.dflt_value === null,
  };
}

describe("the Drizzle schema and the D1 migrations", () => {
  test("Drizzle and the migrations define the same tables", async () => {
    const { results } = await bindings.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB 'd1_*' AND name NOT GLOB 'marketplace_search*'",
    ).all<{ name: string }>();
    const migrated = results.map(({ name }) => name).toSorted();
    const declared = [...whole.map(({ name }) => name), ...WITHOUT_DRIZZLE].toSorted();
    expect(declared).toEqual(migrated);
  });

  test.each(whole.map(({ name, columns }) => ({ name, columns })))(
    "the table $name has the same columns",
    async ({ name, columns }) => {
      const elsewhere = name === "workspaces" ? PLAN_COLUMNS : [];
      const migrated = [...(await readColumns(name)).keys()].toSorted();
      const declared = [...columns.map((column) => column.name), ...elsewhere].toSorted();
      expect(declared).toEqual(migrated);
    },
  );

  test.each(tables.map(({ name, columns }) => ({ name, columns })))(
    "the columns of $name have the same type, nullability, default and primary key",
    async ({ name, columns }) => {
      const migrated = await readColumns(name);
      expect(columns.map(toDeclared)).toEqual(
        columns.map((column) => toMigrated(column, migrated)),
      );
    },
  );

  test("every index and primary key that Drizzle names exists", async () => {
    const { results } = await bindings.DB.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'index'",
    ).all<{ name: string }>();
    const migrated = new Set(results.map(({ name }) => name));
    const declared = tables.flatMap(({ indexes }) => indexes.map(({ config }) => config.name));
    expect(declared.filter((name) => !migrated.has(name))).toEqual([]);
    for (const { name, primaryKeys } of tables) {
      const columns = await readColumns(name);
      for (const key of primaryKeys)
        expect(key.columns.map((column) => columns.get(column.name)?.pk)).toEqual(
          key.columns.map((_, i) => i + 1),
        );
    }
  });
});
