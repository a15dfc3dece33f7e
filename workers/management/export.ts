import { z } from "zod";

export const Format = z.enum(["csv", "ndjson"]);
export type Format = z.infer<typeof Format>;

/** What a spreadsheet would take for a formula. */
const FORMULA_START = /^[=+\-@\t\r\n]/;

/** How an export is described: a file of either format. */
export const exportAnswer = {
  description: "A file: CSV with a header line, or one JSON object a line",
  content: { "text/csv": { schema: z.string() }, "application/x-ndjson": { schema: z.string() } },
};

/** A file of any size, written as it is read; a failure on the way breaks the transfer off. */
export function exportResponse<T extends object>(
  name: string,
  format: Format,
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): Response {
  const lines = format === "csv" ? csv(columns, pages) : ndjson(columns, pages);
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson";
  return new Response(toStream(lines), {
    headers: {
      "content-type": type,
      "content-disposition": `attachment; filename="${name}.${format}"`,
    },
  });
}

/** Reads on only as fast as the client does. */
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

async function* csv<T extends object>(
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): AsyncGenerator<string> {
  yield `${columns.join(",")}\r\n`;
  for await (const rows of pages) {
    yield rows.map((row) => `${columns.map((column) => cell(row[column])).join(",")}\r\n`).join("");
  }
}

async function* ndjson<T extends object>(
  columns: readonly (keyof T & string)[],
  pages: AsyncGenerator<T[]>,
): AsyncGenerator<string> {
  // An array of names has JSON.stringify leave out all other fields, but at every depth: hence the picking.
  const pick = (row: T) => Object.fromEntries(columns.map((column) => [column, row[column]]));
  for await (const rows of pages)
    yield rows.map((row) => `${JSON.stringify(pick(row))}\n`).join("");
}

function cell(value: unknown): string {
  if (value === null) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const inert = FORMULA_START.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
