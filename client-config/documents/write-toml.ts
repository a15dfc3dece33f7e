import { toQuoted } from "../../workers/contract/marketplace/install/quoting.ts";
import { isMap } from "./node.ts";

/** Writes a map of maps of tables: `[root.name]` for each, with its members inline. */
export function writeTomlTables(value: Record<string, unknown>): string {
  const tables = Object.entries(value).flatMap(([root, holder]) =>
    Object.entries(isMap(holder) ? holder : {}).map(([name, members]) =>
      writeTomlTable([root, name], isMap(members) ? members : {}),
    ),
  );
  return tables.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** The lines of one table. */
export function writeTomlTable(
  path: readonly string[],
  members: Record<string, unknown>,
): string[] {
  const lines = Object.entries(members).flatMap(([key, member]) =>
    member === null || member === undefined ? [] : [`${toKey(key)} = ${toInline(member)}`],
  );
  return [`[${path.map(toKey).join(".")}]`, ...lines];
}

/** A value on one line. TOML has no null: such members are left away. */
export function toInline(value: unknown): string {
  if (typeof value === "string") return toText(value);
  if (typeof value === "number") return toNumber(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return `[${value.map(toInline).join(", ")}]`;
  if (!isMap(value)) return '""';
  const cells = Object.entries(value).flatMap(([key, member]) =>
    member === null || member === undefined ? [] : [`${toKey(key)} = ${toInline(member)}`],
  );
  return cells.length === 0 ? "{}" : `{ ${cells.join(", ")} }`;
}

/** A key: bare where TOML allows it. */
export function toKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : toText(key);
}

function toText(text: string): string {
  return toQuoted(text.toWellFormed());
}

function toNumber(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  // `1e+21` of JavaScript is a float of TOML too.
  return Object.is(value, -0) ? "-0.0" : String(value);
}
