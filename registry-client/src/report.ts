import { CLIENT_TRAITS } from "../../workers/contract/marketplace/install/clients.ts";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import type { Item } from "./places.ts";
import type { Change } from "./plan.ts";
import type { ListedServer } from "./registry-page.ts";
import type { Listing } from "./registry.ts";
import type { FileOutcome } from "./update.ts";

const SIGNS: Record<Change["kind"], string> = { add: "+", update: "~", remove: "-" };

/** A line of the output. Names and addresses are ASCII by the registry's format: a letter that only looks like one is shown as an escape. */
function toAsciiLine(text: string): string {
  return escapeLine(text).replaceAll(
    /[^\x20-\x7e]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** What a registry lists, a line for each server. */
export function toListLines({ servers, rejected }: Listing): string[] {
  return [
    ...servers.map(toServerLine),
    ...toRejectedLines(rejected),
    `${servers.length} server${servers.length === 1 ? "" : "s"}`,
  ];
}

function toServerLine({ document, deprecation }: ListedServer): string {
  const { name, version, remotes, packages } = document;
  const ways = [
    ...remotes.map(({ type, url }) => `${type} ${url}`),
    ...packages.map(({ registryType, identifier }) => `${registryType} ${identifier}`),
  ];
  const state = deprecation === null ? "" : `  (deprecated) ${deprecation}`;
  const line = `${name}  ${version ?? "no version"}  ${ways.join(", ") || "cannot be run"}`;
  return `${toAsciiLine(line)}${escapeLine(state)}`;
}

/** The entries of a registry that cannot be used, with the reasons. */
export function toRejectedLines(rejected: Listing["rejected"]): string[] {
  return rejected.map(({ name, reason }) =>
    toAsciiLine(`! ${name ?? "An entry without a name"} is left out: ${reason}`),
  );
}

/** What happens to a file. `isPlan`: it is not written. */
export function toFileLines(outcome: FileOutcome, isPlan: boolean): string[] {
  const { target, plan, servers, problem, backup } = outcome;
  const { label } = CLIENT_TRAITS[target.client];
  const lines = (plan?.changes ?? []).map(
    ({ kind, place, item }) => `${SIGNS[kind]} ${place.key}${toShown(item)}`,
  );
  if (problem === null && lines.length === 0) lines.push("nothing to change");
  for (const { place, reason } of plan?.kept ?? []) lines.push(`! ${place.key}: ${reason}`);
  for (const { server, skipped, notes } of servers) {
    if (skipped !== null) lines.push(`! ${server} is left out: ${skipped}`);
    for (const note of notes) lines.push(`! ${server}: ${note}`);
  }
  const variables = [...new Set(servers.flatMap((server) => server.variables))];
  if (variables.length > 0) {
    const place = target.client === "continue" ? "in ~/.continue/.env" : "in its environment";
    lines.push(`${label} needs ${place}: ${variables.join(", ")}`);
  }
  if (problem !== null)
    lines.push(`! The file ${isPlan ? "would be" : "is"} left alone: ${problem}`);
  if (backup !== null) lines.push(`The file as it was: ${backup}`);
  return [`${label}: ${target.path}`, ...lines.map((line) => `  ${line}`)].map(escapeLine);
}

function toShown(item: Item | null): string {
  return item === null ? "" : `  ${JSON.stringify(item.shown)}`;
}
