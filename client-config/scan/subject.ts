import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import type { Severity } from "../../workers/contract/severity.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import type { Fix } from "../finding.ts";
import type { Configuration, ConfiguredServer, Path, Program, Remote, Value } from "../model.ts";
import { readProgram, type ProgramFacts } from "./program-facts.ts";
import type { RuleId } from "./rule-book.ts";
import { hideSecrets } from "./secrets/hide-secrets.ts";

/** What a rule has found. Its text contains no secret. */
export interface Draft {
  rule: RuleId;
  severity: Severity;
  path: Path;
  message: string;
  fix?: Fix | null;
}

/** Makes a draft. */
export function toDraft(
  rule: RuleId,
  severity: Severity,
  path: Path,
  message: string,
  fix: Fix | null = null,
): Draft {
  return { rule, severity, path, message, fix };
}

/** The fix that deletes what is at a path. */
export function toRemoval(name: string, path: Path): Fix {
  return { title: `Remove ${name}`, edits: [{ path, value: undefined }] };
}

/** The fix that leaves arguments out. Its edit is of the list as a whole: two deletions would move each other. */
export function toShorterList(title: string, program: Program, words: readonly Value[]): Fix {
  const path = words[0]?.path.slice(0, -1) ?? [];
  const key = JSON.stringify(path);
  // Some clients have the program and its arguments in one list.
  const list = [program.command, ...program.args].filter(
    (value) =>
      JSON.stringify(value.path.slice(0, -1)) === key && typeof value.path.at(-1) === "number",
  );
  const kept = list.filter((value) => !words.includes(value)).map(({ raw }) => raw);
  return { title, edits: [{ path, value: kept }] };
}

/** A server that starts a program, as rules see it. */
export interface ProgramSubject {
  client: ClientId;
  configuration: Configuration;
  server: ConfiguredServer;
  /** Whether other people get the file. */
  isShared: boolean;
  program: Program;
  facts: ProgramFacts;
}

/** A remote server, as rules see it. */
export interface RemoteSubject {
  client: ClientId;
  configuration: Configuration;
  server: ConfiguredServer;
  isShared: boolean;
  remote: Remote;
  /** The program that connects to it, as the file has it; null: the client does, or it is written in the usual way. */
  bridge: ProgramSubject | null;
}

/** A server, as rules see it. */
export type Subject = ProgramSubject | RemoteSubject;

/** Takes the place of a reference in a text. No configuration has this character: parsers escape or refuse it. */
export const REFERENCE = "\0";

/** The text of a value without what the client fills in. */
export function toLiteral({ template }: Value): string {
  return template.map((part) => (typeof part === "string" ? part : REFERENCE)).join("");
}

/** Whether nothing of the value is filled in by the client. */
export function isLiteral({ template }: Value): boolean {
  return template.every((part) => typeof part === "string");
}

/** Makes the subject of a server. */
export function toSubject(
  configuration: Configuration,
  server: ConfiguredServer,
  isShared: boolean,
): Subject {
  const { connection } = server;
  const common = { client: configuration.client, configuration, server, isShared };
  const toProgram = (program: Program) => ({ ...common, program, facts: readProgram(program) });
  if (connection.kind === "program") return toProgram(connection);
  const { bridge } = connection;
  return { ...common, remote: connection, bridge: bridge && toProgram(bridge) };
}

/** Longest part of a file that a sentence quotes. */
const MAX_QUOTED = 60;

/** A text of the file as a sentence quotes it: short, without secrets, with what a reader cannot see as `\u{200b}`. */
export function quote(text: string): string {
  const visible = hideSecrets(escapeLine(text.replaceAll(REFERENCE, "…")));
  return `“${visible.length > MAX_QUOTED ? `${visible.slice(0, MAX_QUOTED - 1)}…` : visible}”`;
}
