import type { AlertKind } from "../contract/api/alerts.ts";
import { escapeLine } from "../contract/text/hidden-characters.ts";

/** What a text is made of. */
interface AlertContent {
  kind: AlertKind;
  detail: Record<string, unknown>;
  count: number;
}

/** An alert in one sentence, with names and numbers only. */
export function toAlertText({ kind, detail, count }: AlertContent): string {
  const of = (field: string): string => {
    const value = detail[field];
    return typeof value === "string" || typeof value === "number" ? String(value) : "?";
  };
  const again = count > 1 ? ` (${count} times)` : "";
  return escapeLine(TEXTS[kind](of, detail) + again);
}

type Reader = (field: string) => string;

const TEXTS: Record<AlertKind, (of: Reader, detail: Record<string, unknown>) => string> = {
  contract_held: (of) =>
    `The server ${of("server")} changed ${of("changes")} definitions. They are held until an admin approves them.`,
  access_requested: (of) => `${of("member")} asks for access to ${of("rule")}.`,
  server_requested: (of) => `${of("member")} asks for the server ${of("entry")}.`,
  server_failing: (of) => `The server ${of("server")} fails its checks: ${of("code")}.`,
  credential_failing: (of) =>
    `The server ${of("server")} refuses the gateway's credential: ${of("code")}.`,
  refusal_burst: (of, { member }) =>
    `${of("refused")} calls of ${typeof member === "string" ? member : `the token ${of("token")}`} were refused within ten minutes.`,
  unknown_client: (of, { member }) =>
    `A client that this workspace has not seen before, ${of("client")}, calls with the token ${of("token")}${typeof member === "string" ? ` of ${member}` : ""}.`,
  audit_trouble: (of, { first }) =>
    first === undefined
      ? "Rows of the audit log are not stored yet: the queue or the database does not take them."
      : `The audit log lacks the calls ${of("first")} to ${of("last")}: the gateway was stopped before it stored them.`,
};

/** The page of the dashboard that an alert is about, without the origin. */
export function toAlertPage(slug: string, { kind, detail }: Omit<AlertContent, "count">): string {
  const server = typeof detail["server"] === "string" ? detail["server"] : null;
  switch (kind) {
    case "contract_held":
    case "server_failing":
    case "credential_failing":
      return server === null ? `/w/${slug}/servers` : `/w/${slug}/servers/${server}`;
    case "access_requested":
    case "server_requested":
      return `/w/${slug}/requests`;
    case "refusal_burst":
    case "unknown_client":
    case "audit_trouble":
      return `/w/${slug}/audit`;
  }
}
