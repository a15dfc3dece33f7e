import type { ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { openDocument, type ConfigurationDocument } from "./documents/document.ts";
import type { Language } from "./documents/node.ts";
import type { Finding } from "./finding.ts";
import { FORMATS } from "./formats/format.ts";
import { readInputs } from "./inputs.ts";
import type { Configuration, Path } from "./model.ts";
import { readServer } from "./read-server.ts";
import { chooseClient, findRoot, guessLanguage } from "./recognize.ts";
import { findValue, listEntries } from "./values.ts";

/** A file of a client, as it is understood. */
export interface Reading {
  client: ClientId;
  /** The clients that the content fits best, the likeliest first; empty: it has no servers of any client. */
  candidates: readonly ClientId[];
  language: Language;
  configuration: Configuration;
  /** Where the servers are in the file; null: nowhere. Another client's key if the client's own is missing. */
  root: Path | null;
  /** What is wrong with the syntax. */
  findings: Finding[];
  document: ConfigurationDocument;
}

/**
 * Reads the text of a client's file. `client`: whose it is; absent: the content says it, and the file's name where the
 * content fits several. Never throws: a text that cannot be read has no servers, and a finding says why.
 */
export function readConfiguration(text: string, client?: ClientId, fileName?: string): Reading {
  const language = client ? FORMATS[client].language : guessLanguage(text, fileName);
  const { document, findings } = openDocument(text, language);
  const { client: chosen, candidates } = chooseClient(document, fileName);
  const reader = client ?? chosen;
  const root = findRoot(document.value, reader);
  return {
    client: reader,
    candidates,
    language,
    configuration: readValue(document.value, reader, root),
    root,
    findings,
    document,
  };
}

function readValue(value: unknown, client: ClientId, root: Path | null): Configuration {
  if (root === null) return { client, servers: [], inputs: [] };
  const inputs = client === "vscode" ? [...root.slice(0, -1), "inputs"] : null;
  return {
    client,
    servers: listEntries(value, root).flatMap(({ name, members, path }) => {
      const server = readServer(client, name, members, path);
      return server ? [server] : [];
    }),
    inputs: inputs ? readInputs(findValue(value, inputs), inputs) : [],
  };
}
