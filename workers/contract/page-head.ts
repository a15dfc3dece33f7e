import { z } from "zod";
import { isPageAt, PAGES, toNamespace, toServerPage } from "./dashboard-pages.ts";
import { escapeLine } from "./text/hidden-characters.ts";

/** The title in web/index.html, in whose place the tags of a page stand. */
const TITLE = "<title>mcpnest</title>";
/** Lengths that search engines and previews show, in characters. */
const TITLE_CHARS = 100;
const DESCRIPTION_CHARS = 200;

const Server = z.object({
  name: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
});

/** The segments below the marketplace whose pages are not of servers. */
const COLLECTIONS = "collections";
const PUBLISHERS = "publishers";
const Collection = z.object({ title: z.string(), description: z.string() });
const Publisher = z.object({ namespace: z.string(), servers: z.int() });

/** Gets an address of the management API, such as `/marketplace/servers`, as a visitor without a session. */
export type GetFromApi = (path: string) => Promise<Response>;

/**
 * Puts title, description and preview tags (Open Graph) into index.html at the address of a page of the marketplace, with
 * status 404 if there is no such server, publisher or collection. A server's other names lead to its page. All other pages, and those of a marketplace that visitors may not read, stay as
 * they are, except for the one that asks for consent.
 */
export async function addPageHead(
  url: URL,
  page: Response,
  getFromApi: GetFromApi,
): Promise<Response> {
  if (isPageAt(PAGES.authorize, url)) return keepOpener(page);
  const [root, namespace, name, ...rest] = url.pathname.split("/").slice(1).filter(Boolean);
  if (`/${root?.toLowerCase()}` !== PAGES.marketplace || rest.length > 0 || !page.ok) return page;
  if (namespace === undefined) {
    const response = await getFromApi("/marketplace/servers?limit=1");
    await response.body?.cancel();
    return response.ok ? withHead(page, url.origin + PAGES.marketplace, MARKETPLACE) : page;
  }
  const path = `/${namespace}/${name}`;
  const segment = namespace.toLowerCase();
  const isServer = segment !== COLLECTIONS && segment !== PUBLISHERS;
  const response = await getFromApi(
    isServer
      ? `/marketplace/servers/${toNamespace(namespace)}/${name}`
      : `/marketplace/${segment}/${name}`,
  );
  if (response.ok) {
    const body: unknown = await response.json();
    if (isServer) {
      const moved = findListedPage(body, `${toNamespace(namespace)}/${name}`);
      if (moved !== null) return redirectTo(url, moved);
    }
    const head = isServer
      ? toServerHead(body)
      : segment === COLLECTIONS
        ? Collection.parse(body)
        : toPublisherHead(body);
    return withHead(page, url.origin + PAGES.marketplace + path, head);
  }
  await response.body?.cancel();
  return response.status === 404
    ? new Response(page.body, { status: 404, headers: page.headers })
    : page;
}

/** The page of a server that is listed under another name than the address has; null: it is this one. */
function findListedPage(body: unknown, asked: string): string | null {
  const { name } = Server.parse(body);
  if (name === decodeURIComponent(asked)) return null;
  const page = toServerPage(name);
  return `${PAGES.marketplace}/${page.namespace}/${page.name}`;
}

/** Browsers keep a permanent redirect for an hour only: sources can take a name back. */
function redirectTo(url: URL, path: string): Response {
  const location = path + url.search;
  return new Response(null, {
    status: 301,
    headers: { location, "cache-control": "public, max-age=3600" },
  });
}

/**
 * A client in a browser opens the page that asks for consent as a popup, and waits there for its own redirect page. With the
 * header, the browser would cut the popup off from its opener for good. No page of another origin can read this one.
 */
function keepOpener({ body, status, headers }: Response): Response {
  const kept = new Headers(headers);
  kept.delete("cross-origin-opener-policy");
  return new Response(body, { status, headers: kept });
}

/** A request for an address of the API in the name of the same client, without its credentials. */
export function toVisitorRequest(request: Request, url: URL): Request {
  const visitor = new Request(new Request(url, request), { method: "GET" });
  for (const name of ["cookie", "authorization"]) visitor.headers.delete(name);
  return visitor;
}

/** What a page's head says of it: plain text from anywhere. */
interface PageHead {
  title: string;
  description: string;
}

const MARKETPLACE: PageHead = {
  title: "MCP server marketplace",
  description:
    "Find MCP servers, with a score that is made from evidence, and connect them to your client.",
};

function toServerHead(body: unknown): PageHead {
  const { name, title, description } = Server.parse(body);
  return { title: title ?? name, description: description ?? `The MCP server ${name}.` };
}

function toPublisherHead(body: unknown): PageHead {
  const { namespace, servers } = Publisher.parse(body);
  const count = servers === 1 ? "1 MCP server" : `${servers} MCP servers`;
  return { title: namespace, description: `${count} of ${namespace}, with scores from evidence.` };
}

async function withHead(page: Response, address: string, head: PageHead): Promise<Response> {
  const title = toText(head.title, TITLE_CHARS);
  const description = toText(head.description, DESCRIPTION_CHARS);
  const link = escapeHtml(address);
  const tags = [
    `<title>${title} · mcpnest</title>`,
    `<meta name="description" content="${description}" />`,
    `<link rel="canonical" href="${link}" />`,
    `<meta property="og:site_name" content="mcpnest" />`,
    `<meta property="og:type" content="website" />`,
    `<meta property="og:title" content="${title}" />`,
    `<meta property="og:description" content="${description}" />`,
    `<meta property="og:url" content="${link}" />`,
    `<meta name="twitter:card" content="summary" />`,
  ].join("\n    ");
  const html = await page.text();
  const headers = new Headers(page.headers);
  // They are of the file.
  for (const name of ["content-length", "etag", "last-modified"]) headers.delete(name);
  // A function: a text would be read as a pattern of `$`.
  return new Response(
    html.replace(TITLE, () => tags),
    { headers },
  );
}

/** One line of HTML text or of an attribute in quotation marks, with hidden characters visible. */
function toText(text: string, maxChars: number): string {
  const chars = Array.from(text.replaceAll(/\s+/g, " ").trim());
  const cut = chars.length > maxChars ? [...chars.slice(0, maxChars - 1), "…"] : chars;
  return escapeHtml(escapeLine(cut.join("")));
}

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
