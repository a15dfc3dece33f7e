import { HOSTING_CATALOGUE } from "../../contract/hosting/catalogue-data.ts";
import { findHosted } from "../../contract/marketplace/hosted-package.ts";
import {
  fillServerUrl,
  findUrlProblem,
  URL_VARIABLE,
} from "../../contract/marketplace/install/remote-url.ts";
import { POSSIBLE_SECRET_NAME } from "../../contract/marketplace/secret-name.ts";
import type { NamedInput, ServerDocument } from "../../contract/marketplace/server-document.ts";
import type { FoundEntry, FoundWay } from "../../contract/records/followed-registry.ts";
import { findHeaderNameProblem } from "../../contract/records/header-name.ts";
import { escapeLine } from "../../contract/text/hidden-characters.ts";
import type { RegistryEntry } from "../registry-page.ts";

type Remote = ServerDocument["remotes"][number];
type Variables = Remote["variables"];

/** Bounds what an entry has us store: genuine ones have fewer than ten headers. */
const MAX_WAY_CHARS = 20_000;

/**
 * Reduces an entry to what matters to a workspace: its first address without open variables, else its package of the
 * hosting catalogue. `refuseUrl`: why the gateway does not call an address; null: it does.
 */
export function toFoundEntry(
  { document, status, statusMessage }: RegistryEntry,
  refuseUrl: (url: string) => string | null,
): FoundEntry {
  return {
    title: document.title,
    version: document.version,
    deprecated: status === "deprecated" ? (statusMessage ?? "") : null,
    way: withinLimit(toWay(document, refuseUrl)),
  };
}

function toWay(document: ServerDocument, refuseUrl: (url: string) => string | null): FoundWay {
  const remotes = document.remotes.map((remote) => toRemoteWay(remote, refuseUrl));
  const usable = remotes.find(({ kind }) => kind === "remote");
  if (usable) return usable;
  const hosted = findHosted(document, HOSTING_CATALOGUE);
  if (hosted) return { kind: "package", catalogueId: hosted.id, package: hosted.package.name };
  const reason =
    document.packages.length === 0
      ? "The entry has neither an address nor a package."
      : "The entry has no address, and its packages are not in the hosting catalogue.";
  return remotes[0] ?? { kind: "none", reason };
}

function toRemoteWay(
  { url: template, variables, headers }: Remote,
  refuseUrl: (url: string) => string | null,
): FoundWay {
  const none = (reason: string): FoundWay => ({ kind: "none", reason });
  const { open } = fill(template, variables);
  if (open.length > 0)
    return none(
      `Its address needs a value for ${open.join(", ")}: add the server by hand to give it.`,
    );
  if (findUrlProblem(template) !== null) return none("Its address is not a URL of a server.");
  const filled = fillServerUrl(template, (name) => toPresetOf(variables, name) ?? undefined);
  if (filled === null)
    return none("The values that it states for the variables of its address do not fit in there.");
  const url = new URL(filled).href;
  const problem = refuseUrl(url);
  if (problem !== null) return none(problem);
  for (const { name } of headers) {
    const unsendable = findHeaderNameProblem(name.toLowerCase());
    if (unsendable !== null)
      return none(
        `It declares the header ${escapeLine(name)}, which cannot be sent: ${unsendable}`,
      );
  }
  return { kind: "remote", url, ...toHeaders(headers) };
}

function toHeaders(inputs: NamedInput[]) {
  const headers: Record<string, string> = {};
  const required: string[] = [];
  const optional: string[] = [];
  for (const input of inputs) {
    const value = toPresetValue(input);
    if (value !== null) headers[input.name] = value;
    else if (input.isRequired) required.push(input.name);
    else optional.push(input.name);
  }
  return { headers, required: required.toSorted(), optional: optional.toSorted() };
}

/** The publisher's value of a header; null: it needs one of the workspace. The default of a secret is an example of it. */
function toPresetValue({ name, value, isSecret, variables, ...input }: NamedInput): string | null {
  const isSecretName = isSecret || POSSIBLE_SECRET_NAME.test(name);
  const template = value ?? (isSecretName ? null : input.default);
  if (template === null) return null;
  const filled = fill(template, variables);
  return filled.open.length === 0 ? filled.text : null;
}

/** Fills in the variables of a text that have a value. `open`: those that have none. */
function fill(template: string, variables: Variables): { text: string; open: string[] } {
  const open = new Set<string>();
  const text = template.replaceAll(URL_VARIABLE, (whole, name: string) => {
    const value = toPresetOf(variables, name);
    if (value === null) open.add(name);
    return value ?? whole;
  });
  return { text, open: [...open] };
}

/** The publisher's value of a variable; null: it states none. */
function toPresetOf(variables: Variables, name: string): string | null {
  const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
  const isSecret = variable?.isSecret === true || POSSIBLE_SECRET_NAME.test(name);
  return variable?.value ?? (isSecret ? null : variable?.default) ?? null;
}

function withinLimit(way: FoundWay): FoundWay {
  return JSON.stringify(way).length <= MAX_WAY_CHARS
    ? way
    : {
        kind: "none",
        reason: `Its address and headers have more than ${MAX_WAY_CHARS} characters.`,
      };
}
