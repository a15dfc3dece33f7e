import type { AlertRow } from "../db/alerts.ts";
import type { Env } from "../runtime/env.ts";
import { toAlertPage, toAlertText } from "./alert-text.ts";

/** What is sent of an alert, by every way. */
export interface AlertMessage {
  /** The same for each attempt, so that a receiver can leave out what it has already. */
  id: string;
  kind: string;
  workspace: { slug: string; name: string };
  text: string;
  /** The page of the dashboard; null: the deployment does not know its address. */
  url: string | null;
  count: number;
  /** ISO 8601. */
  at: string;
}

/** Makes the message of an alert of a workspace. */
export function toMessage(
  env: Env,
  alert: AlertRow,
  { slug, name }: { slug: string; name: string },
): AlertMessage {
  const origin = findOrigin(env);
  return {
    id: alert.id,
    kind: alert.kind,
    workspace: { slug, name },
    text: toAlertText(alert),
    url: origin === null ? null : origin + toAlertPage(slug, alert),
    count: alert.count,
    at: new Date(alert.createdAt).toISOString(),
  };
}

/** The message of a test. */
export function toTestMessage(workspace: { slug: string; name: string }, id: string): AlertMessage {
  const text = "This is a test: alerts of this workspace arrive here.";
  const at = new Date().toISOString();
  return { id, kind: "test", workspace, text, url: null, count: 1, at };
}

/** The first host that is served; `*` names none. */
function findOrigin({ ALLOWED_HOSTS }: Env): string | null {
  const [host = "*"] = ALLOWED_HOSTS.split(",");
  if (host === "*") return null;
  const isLocal = /^(localhost|127\.0\.0\.1)(:|$)/.test(host);
  return `${isLocal ? "http" : "https"}://${host}`;
}
