/** Addresses of the dashboard's pages outside a workspace, as the router writes them: `$name` is any one segment. */
export const PAGES = {
  signIn: "/sign-in",
  join: "/join",
  authorize: "/oauth/authorize",
  home: "/",
  newWorkspace: "/new",
  account: "/account",
  hosts: "/hosts",
  curation: "/curation",
  workshopCheck: "/workshop/check",
  workshopGenerate: "/workshop/generate",
  workshopScan: "/workshop/scan",
  compose: "/workshop/compose",
  marketplace: "/marketplace",
  marketplaceCollection: "/marketplace/collections/$collection",
  marketplaceServer: "/marketplace/$namespace/$name",
  marketplacePublisher: "/marketplace/publishers/$namespace",
  publish: "/workshop/publish",
  workspace: "/w/$slug",
} as const;

/** Namespaces whose name is also the first part of the address of other pages. */
const TAKEN_NAMESPACE = /^~?(publishers|collections)$/i;

/**
 * The parameters of `PAGES.marketplaceServer` for a server, by its name with the namespace. A namespace that other pages
 * have taken gets a tilde, which no name of a server can have.
 */
export function toServerPage(fullName: string): { namespace: string; name: string } {
  const [namespace = "", name = ""] = fullName.split("/");
  return { namespace: TAKEN_NAMESPACE.test(namespace) ? `~${namespace}` : namespace, name };
}

/** The namespace of the server whose page has this parameter. */
export function toNamespace(parameter: string): string {
  return TAKEN_NAMESPACE.test(parameter) ? parameter.replace("~", "") : parameter;
}

/** Addresses of a workspace's pages, below `PAGES.workspace`. */
export const WORKSPACE_PAGES = {
  overview: "/",
  connect: "/connect",
  servers: "/servers",
  addServer: "/servers/new",
  importServers: "/import",
  deploy: "/servers/new/$entry",
  hosted: "/servers/hosted/$instance",
  server: "/servers/$server",
  tryTool: "/try",
  members: "/members",
  agent: "/members/$agent",
  tokens: "/tokens",
  access: "/access",
  myAccess: "/my-access",
  accounts: "/accounts",
  requests: "/requests",
  alerts: "/alerts",
  teams: "/teams",
  follows: "/followed-registries",
  audit: "/audit",
  stop: "/stop",
  versions: "/versions",
  settings: "/settings",
  companySignIn: "/settings/company-sign-in",
} as const;

type Values<T> = T[keyof T];

/** Address of any page. */
export type PagePath =
  | Values<typeof PAGES>
  | `${typeof PAGES.workspace}${Values<typeof WORKSPACE_PAGES>}`;

const PATTERN = toPattern([
  ...Object.values(PAGES),
  ...Object.values(WORKSPACE_PAGES).map((path) => PAGES.workspace + path),
]);

const SITEMAP = /^\/sitemap(-\d{1,4})?\.xml$/;

/** Whether the dashboard has a page at a URL's path. Like its router, it ignores case and a slash at the end. */
export function isPagePath(path: string): boolean {
  return PATTERN.test(path);
}

/** Whether a URL's path is the address of this page, which has no parameters. */
export function isPageAt(page: Values<typeof PAGES>, { pathname }: URL): boolean {
  return pathname.toLowerCase().replace(/\/$/, "") === page;
}

/** Whether the Worker has a sitemap at a URL's path. */
export function isSitemapPath(path: string): boolean {
  return SITEMAP.test(path);
}

/** Whether a browser opens the address, as opposed to a program that fetches it (Fetch Metadata, section 2.1). */
export function wantsPage({ headers }: Request): boolean {
  return headers.get("sec-fetch-dest") === "document";
}

/** The response with index.html at an address without a page: the dashboard's router says that there is none. */
export function toMissingPage({ body, headers }: Response): Response {
  return new Response(body, { status: 404, headers });
}

function toPattern(paths: string[]): RegExp {
  const patterns = paths.map((path) => path.replace(/\/$/, "").replaceAll(/\$\w+/g, "[^/]+"));
  return new RegExp(`^(?:${patterns.join("|")})/?$`, "i");
}
