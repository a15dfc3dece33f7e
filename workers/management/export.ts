import type { Context } from "hono";
import { z } from "zod";
import { escapeHidden, hasHidden } from "../contract/text/hidden-characters.ts";
import { storeEvent } from "../db/events.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import type { ManagementEnv } from "./authorize.ts";
import { relayWhileAllowed } from "./live-right.ts";

/** File format of an export. */
export const ExportFormat = z.enum(["csv", "ndjson"]);
export type ExportFormat = z.infer<typeof ExportFormat>;

/** Start of a text that a spreadsheet would execute as a formula (CSV injection), in fullwidth forms too. */
const FORMULA_START = /^[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/;

/** OpenAPI response of an export. */
export const EXPORT_RESPONSE = {
  description: "A file: CSV with a header line, or one JSON object per line",
  content: { "text/csv": { schema: z.string() }, "application/x-ndjson": { schema: z.string() } },
};

/** Records that the caller begins to export a log. `filters`: names and times, no content of the log. */
export async function recordExport(
  c: Context<ManagementEnv>,
  log: "tool-calls" | "audit-events",
  format: ExportFormat,
  filters: Record<string, unknown>,
): Promise<void> {
  const { db, actor, workspace } = c.var;
  const detail = { format, filters };
  await storeEvent(db, makeAuditEvent(actor, "audit.exported", log, detail, workspace.id));
}

/** Maps the rows of each page. */
export async function* mapPages<T, U>(
  pages: AsyncGenerator<T[]>,
  toRows: (page: T[]) => Promise<U[]>,
): AsyncGenerator<U[]> {
  for await (const page of pages) yield await toRows(page);
}

/** An instant (epoch ms) as ISO 8601 in UTC, which spreadsheets read as a time. */
export function toIsoTime(at: number): string {
  return new Date(at).toISOString();
}

/**
 * Streams rows as a file of any size. An error while reading breaks the transfer off, and so does the end of the caller's
 * right: a part must not look like the whole.
 */
export function toExportResponse<T extends object>(
  c: Context<ManagementEnv>,
  name: string,
  format: ExportFormat,
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): Response {
  const lines = format === "csv" ? writeCsv(columns, pages) : writeNdjson(columns, pages);
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson";
  const file = relayWhileAllowed(c, "audit.read", toStream(lines), (controller) => {
    const reason = new Error("The right to export has ended, or could not be checked.");
    // The platform takes an error with this property for a lost connection, and does not log it as a failure.
    controller.error(Object.assign(reason, { retryable: true }));
  });
  return new Response(file, {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}.${format}"`,
    },
  });
}

/** Reads the next page only when the client has consumed the previous one. */
function toStream(texts: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const next = await texts.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await texts.return(undefined);
    },
  });
}

async function* writeCsv<T extends object>(
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): AsyncGenerator<string> {
  yield `${columns.join(",")}\r\n`;
  for await (const rows of pages) {
    yield rows
      .map((row) => `${columns.map((column) => toCsvCell(row[column])).join(",")}\r\n`)
      .join("");
  }
}

async function* writeNdjson<T extends object>(
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): AsyncGenerator<string> {
  // An array as JSON.stringify's second argument would filter nested objects too.
  const pick = (row: T) => Object.fromEntries(columns.map((column) => [column, row[column]]));
  for await (const rows of pages) yield rows.map((row) => `${toVisibleJson(pick(row))}\n`).join("");
}

/** JSON whose hidden characters are escapes, so that a terminal or an editor shows them; the value is the same. */
function toVisibleJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\t\n\x20-\x7e]/gu, (char) =>
    hasHidden(char) ? toJsonEscape(char) : char,
  );
}

function toJsonEscape(char: string): string {
  return char
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function toCsvCell(value: unknown): string {
  if (value === null) return "";
  const text = escapeHidden(typeof value === "string" ? value : JSON.stringify(value));
  const inert = FORMULA_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
