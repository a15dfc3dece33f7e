/** A text with names of values that the file refers to and does not have. */
export type ImportedText = readonly (string | { name: string })[];

/** A header or environment variable. */
export interface ImportedValue {
  name: string;
  text: ImportedText;
}

/** What a file says of a server, as far as a workspace needs it. */
export type ImportedConnection =
  | {
      kind: "remote";
      transport: "streamable-http" | "sse";
      url: ImportedText;
      headers: ImportedValue[];
    }
  | { kind: "program"; command: string; args: string[]; env: ImportedValue[] }
  | { kind: "image"; image: string; env: ImportedValue[]; usesHost: boolean }
  /** `why`: a sentence. */
  | { kind: "none"; why: string };

/** A server of a file. */
export interface ImportedServer {
  name: string;
  isEnabled: boolean;
  connection: ImportedConnection;
}

/** What a file was understood as. */
export interface ImportReading {
  /** The client or gateway that it is from, to display. */
  source: string;
  servers: ImportedServer[];
  /** What is left out of it, and what is wrong with its syntax, as sentences. */
  notes: string[];
}

/** `${NAME}`, `${env:NAME}`, `${input:id}`, `{env:NAME}`, `{{server.name}}` and `$NAME`. */
const REFERENCE =
  /\$\{(?:env:|input:|secrets\.)?([A-Za-z_][\w.-]{0,99})(?::-[^{}]*)?\}|\{env:([A-Za-z_]\w{0,99})\}|\{\{\s*([A-Za-z_][\w.-]{0,99})(?:\|[^{}]*)?\s*\}\}|\$([A-Z_][A-Z0-9_]{1,99})\b/g;

/** Separates a text from the names that gateways replace in it. */
export function parseText(text: string): ImportedText {
  const parts: (string | { name: string })[] = [];
  let from = 0;
  for (const found of text.matchAll(REFERENCE)) {
    parts.push(text.slice(from, found.index));
    parts.push({ name: found[1] ?? found[2] ?? found[3] ?? found[4] ?? "value" });
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part !== "");
}

/** The text if it refers to nothing; null: it does. */
export function toPlainText(text: ImportedText): string | null {
  return text.every((part) => typeof part === "string") ? text.join("") : null;
}
