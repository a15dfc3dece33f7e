import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import type { Finding, Fix } from "../finding.ts";
import type { ClientFormat } from "../formats/format.ts";
import type { Path } from "../model.ts";

/** A finding without its place in the text, which follows from the path. */
export type Problem = Omit<Finding, "rule" | "server" | "range" | "fix"> &
  Pick<Partial<Finding>, "fix">;

/** A server as the file has it, with the client that reads it. */
export interface Entry {
  client: ClientId;
  label: string;
  format: ClientFormat;
  name: string;
  members: Readonly<Record<string, unknown>>;
  path: Path;
}

/** Names of the same member in the formats of several clients. */
export const ADDRESS_FIELDS = ["url", "serverUrl", "httpUrl", "uri"] as const;
/** The same for programs. */
export const COMMAND_FIELDS = ["command", "cmd"] as const;

/** The same for variables. */
export const ENV_FIELDS = ["env", "envs", "environment"] as const;
/** The same for headers. */
export const HEADER_FIELDS = ["headers", "http_headers"] as const;

/** Changes the name of a member, and keeps its value. */
export function toRename(path: Path, from: string, to: string, value: unknown): Fix {
  return {
    title: `Rename it to “${to}”`,
    edits: [
      { path: [...path, to], value },
      { path: [...path, from], value: undefined },
    ],
  };
}

/** The words of a text; null: it has quotes, so that only a shell knows them. */
export function splitWords(text: string): string[] | null {
  return /["'\\`]/.test(text) ? null : text.trim().split(/\s+/);
}
