import { toTools, was } from "./event-changes.ts";
import { joinWords, quote, type Detail } from "./event-details.ts";

interface TokenParts {
  actor: string;
  object: string;
  detail: Detail;
  nameOf: (id: string) => string;
}

/** A token with its owner, unless that is who has changed it. */
export function describeToken({ actor, object, detail, nameOf }: TokenParts): string {
  const owner = detail.text("memberId");
  const label = quote(detail.text("label") ?? object);
  if (owner === null) return `the workspace token ${label}`;
  const name = nameOf(owner);
  return name === actor ? `the token ${label}` : `the token ${label} of ${name}`;
}

/** Why a grant has ended without a person's doing. */
export function describeGrantEnd(detail: Detail): string {
  return detail.text("cause") === "reuse"
    ? "a code or refresh token was used a second time, so that there is a copy of it"
    : "its client gave it up";
}

/** What has changed of a token. */
export function listTokenChanges(detail: Detail): string {
  const before = detail.part("before");
  const name = before.text("label");
  const tools = (part: Detail) =>
    part.value("tools") === null ? "all" : toTools(part.texts("tools"));
  return (
    joinWords([
      ...(name === null ? [] : [`it was named ${quote(name)}`]),
      ...(detail.has("tools")
        ? [`it may call ${tools(detail)}${before.has("tools") ? was(tools(before)) : ""}`]
        : []),
    ]) || "no field differs"
  );
}
