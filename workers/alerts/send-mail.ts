import { isMailAddress, readMailServer, type MailServer } from "../contract/mail-server.ts";
import type { Env } from "../runtime/env.ts";
import type { AlertMessage } from "./message.ts";
import { sendBySmtp } from "./smtp.ts";

/** How this deployment sends e-mail; null: it does not. */
export interface MailSettings {
  server: MailServer;
  from: string;
}

/** Reads ALERT_SMTP and ALERT_MAIL_FROM, which `settings.ts` has checked. */
export function readMailSettings({ ALERT_SMTP, ALERT_MAIL_FROM }: Env): MailSettings | null {
  const server = ALERT_SMTP ? readMailServer(ALERT_SMTP) : null;
  return server && ALERT_MAIL_FROM ? { server, from: ALERT_MAIL_FROM } : null;
}

/** Sends an alert to a person. Returns why it was not taken; null: it was. */
export function sendMail(
  env: Env,
  { server, from }: MailSettings,
  to: string,
  message: AlertMessage,
): Promise<string | null> {
  if (!isMailAddress(to)) return Promise.resolve("The member's address is no e-mail address.");
  return sendBySmtp(env, server, { from, to, data: toMail(from, to, message) });
}

/** The message with its headers (RFC 5322), as plain text in base64 (RFC 2045), for any character. */
function toMail(from: string, to: string, message: AlertMessage): string {
  const { id, workspace, text, url, at } = message;
  const body = [text, ...(url === null ? [] : ["", url]), "", `Workspace: ${workspace.name}`].join(
    "\r\n",
  );
  const lines = toBase64(`${body}\r\n`).replaceAll(/.{76}/g, "$&\r\n");
  const domain = from.slice(from.lastIndexOf("@") + 1);
  return [
    `From: mcpnest <${from}>`,
    `To: <${to}>`,
    `Subject: ${toHeaderText(`${workspace.name}: ${text}`)}`,
    `Date: ${new Date(at).toUTCString().replace("GMT", "+0000")}`,
    `Message-ID: <${id}.${to.length}@${domain}>`,
    // Autoresponders must not answer it (RFC 3834).
    "Auto-Submitted: auto-generated",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: base64",
    "",
    lines,
  ].join("\r\n");
}

/** Encoded words of at most 75 characters (RFC 2047, section 2). */
function toHeaderText(text: string): string {
  const parts = text.slice(0, 200).match(/.{1,10}/gsu) ?? [];
  return parts.map((part) => `=?utf-8?B?${toBase64(part)}?=`).join("\r\n ");
}

function toBase64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
