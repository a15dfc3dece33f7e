import { toDefinitionId } from "../../workers/contract/definitions/list-definitions.ts";
import type { Served } from "../contracts/serve-catalogue.ts";
import { matchesTemplate } from "../tool-catalogue/uri-template.ts";

/** What a call addresses: a tool, a prompt, or a resource (also a template) by its URI. */
export type CalledKind = "tool" | "prompt" | "resource";

/**
 * Pure: why a call is not sent, although its caller may make it; null: it is sent. Every call is judged here once, after the
 * rules: the place for the approval of single calls, too.
 */
export function findHold(
  served: Served | undefined,
  kind: CalledKind,
  key: string,
): "definition_held" | null {
  if (!served || served.changes.length === 0) return null;
  const isHeld =
    kind === "resource" ? isHeldUri(served, key) : served.closed.has(toDefinitionId(kind, key));
  return isHeld ? "definition_held" : null;
}

/** A URI is held by its own definition, or by a template that clients do not get, unless one that they get has it, too. */
function isHeldUri({ catalogue, changes, closed }: Served, uri: string): boolean {
  if (closed.has(toDefinitionId("resource", uri))) return true;
  const has = (template: string) => template === uri || matchesTemplate(template, uri);
  const isTemplateHeld = changes.some(
    ({ kind, key }) => kind === "template" && closed.has(toDefinitionId(kind, key)) && has(key),
  );
  if (!isTemplateHeld) return false;
  return ![...catalogue.resources, ...catalogue.templates].some(({ key }) => has(key));
}
