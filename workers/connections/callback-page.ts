import type { Context } from "hono";
import type { Env } from "../runtime/env.ts";

/** Where the person goes on: the page from which the sign-in began. */
export interface Way {
  workspaceSlug: string;
  serverSlug: string;
  page: "server" | "accounts";
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
main{max-width:34rem;margin:12vh auto 0;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.25rem}a{color:inherit}`;

/**
 * Tells a person in their browser how a sign-in at a server ended, with a link back. Its text can quote the authorization
 * server: the page has no script and loads nothing. `way`: null: it is not known.
 */
export function callbackPage(
  c: Context<{ Bindings: Env }>,
  status: 400 | 403 | 409 | 429,
  title: string,
  message: string,
  way: Way | null,
): Response {
  const nonce = crypto.randomUUID();
  const [to, label] =
    way === null
      ? ["/", "Go to the dashboard"]
      : [
          toDashboardPath(way),
          way.page === "accounts" ? "Back to “Your accounts”" : "Back to the server’s page",
        ];
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)} · mcpnest</title><style nonce="${nonce}">${STYLE}</style></head><body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(message)}</p><p><a href="${escapeHtml(to)}">${label}</a></p></main></body></html>`;
  return c.html(html, status, {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  });
}

/** The page of the dashboard from which a sign-in began. */
export function toDashboardPath({ workspaceSlug, serverSlug, page }: Way): string {
  const place = page === "accounts" ? "accounts?server=" : "servers/";
  return `/w/${workspaceSlug}/${place}${serverSlug}`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
