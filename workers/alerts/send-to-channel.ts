import type { ChannelKind } from "../contract/api/alerts.ts";
import type { Env } from "../runtime/env.ts";
import { exchangeText } from "../upstream/exchange-text.ts";
import type { ChannelTarget } from "./channel-target.ts";
import type { AlertMessage } from "./message.ts";

const TOTAL_MS = 10_000;
const MAX_RESPONSE_BYTES = 64 * 1024;

/** Sends an alert to a channel. Returns why it has not arrived, in a sentence; null: it has. Never throws. */
export async function sendToChannel(
  env: Env,
  kind: ChannelKind,
  { url, secret }: ChannelTarget,
  message: AlertMessage,
): Promise<string | null> {
  const body = JSON.stringify(kind === "slack" ? toSlack(message) : { type: "alert", ...message });
  const signature = secret === null ? {} : await sign(secret, message.id, body);
  const sent = await exchangeText(env, {
    url,
    method: "POST",
    headers: { "content-type": "application/json", ...signature },
    body,
    maxBytes: MAX_RESPONSE_BYTES,
    totalMs: TOTAL_MS,
  });
  // A long answer, or one that leads elsewhere, is the answer of another service.
  if (!sent.ok) return `${sent.problem}.`;
  return sent.status >= 200 && sent.status < 300 ? null : `It answered with status ${sent.status}.`;
}

/** The headers of Standard Webhooks 1.0.0: the signature is of `id.timestamp.body`, with HMAC-SHA256. */
async function sign(secret: string, id: string, body: string): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const bytes = Uint8Array.fromBase64(secret.replace("whsec_", ""));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, content)).toBase64();
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}

/** Slack reads `&`, `<` and `>` as its own marks ("Formatting text for app surfaces"). */
function toSlack({ workspace, text, url }: AlertMessage): { text: string } {
  const escape = (part: string) =>
    part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const link = url === null ? "" : ` <${url}|Open>`;
  return { text: `*${escape(workspace.name)}*: ${escape(text)}${link}` };
}
