import { z } from "zod";
import { CompanyProblem } from "../../workers/contract/api/company.ts";
import {
  AUTH_KINDS,
  CATEGORY_IDS,
  GRADES,
  TRANSPORTS,
} from "../../workers/contract/marketplace/facets.ts";
import { CLIENT_IDS } from "../../workers/contract/marketplace/install/clients.ts";
import { CallStatus } from "../../workers/contract/records/audit.ts";
import { Role } from "../../workers/contract/records/workspace.ts";
import { SYSTEMS } from "./connect/clients/systems.ts";

/** Search parameters of an instance's console and log. */
const instanceView = z.object({
  console: z.boolean().optional().catch(undefined),
  follow: z.boolean().optional().catch(undefined),
});

/**
 * Reads a search parameter: a text in quotation marks, a truth value, or a number as JavaScript writes it. Throws for all
 * else, which is a text as it stands, such as the version 1.10.
 */
export function parseSearchValue(value: string): unknown {
  if (value.startsWith('"')) return JSON.parse(value);
  if (value === "true" || value === "false") return value === "true";
  const number = Number(value);
  if (Number.isFinite(number) && String(number) === value) return number;
  throw new SyntaxError("This is a text.");
}

/** A text. One that looks like a number or a truth value arrives as such. */
const optionalText = z
  .union([z.string(), z.union([z.number(), z.boolean()]).transform(String)])
  .optional()
  .catch(undefined);

/** Whether a path leads to a page of this site: browsers take `/\` for `//`, and leave out tabs and line breaks. */
function isOwnAddress(path: string): boolean {
  const base = "https://own.invalid";
  return path.startsWith("/") && URL.canParse(path, base) && new URL(path, base).origin === base;
}

const optionalTrue = z.literal(true).optional().catch(undefined);

/** Of a page that makes a server from an entry of the marketplace. `request`: the id of the request that it fulfils. */
const fromEntry = z.object({ from: optionalText, request: optionalText });

/** The search parameters of each page, by its route. What is not valid is left out. */
export const SEARCH = {
  signIn: z.object({
    to: z.string().refine(isOwnAddress).optional().catch(undefined),
    /** The short name of the workspace by whose company the person signs in. */
    workspace: optionalText,
    problem: CompanyProblem.optional().catch(undefined),
  }),
  companySignIn: z.object({ problem: CompanyProblem.optional().catch(undefined) }),
  /** What GitHub adds when a person comes back from a sign-in there. */
  publish: z.object({ code: optionalText, state: optionalText }),
  marketplace: z.object({
    q: optionalText,
    client: z.enum(CLIENT_IDS).optional().catch(undefined),
    transport: z.enum(TRANSPORTS).optional().catch(undefined),
    auth: z.enum(AUTH_KINDS).optional().catch(undefined),
    category: z.enum(CATEGORY_IDS).optional().catch(undefined),
    grade: z.enum(GRADES).optional().catch(undefined),
    official: optionalTrue,
    remote: optionalTrue,
    hostable: optionalTrue,
    licence: optionalText,
    /** Days. */
    updatedWithin: z.int().min(1).max(3_650).optional().catch(undefined),
    sort: z.enum(["relevance", "score", "newest", "installs"]).optional().catch(undefined),
  }),
  /** `share`: the id of a stored composition. */
  compose: z.object({ share: optionalText }),
  curation: z.object({
    tab: z.enum(["week", "collections", "hidden", "claims"]).optional().catch(undefined),
    /** The collection that is edited. */
    collection: optionalText,
    /** Whether a collection is made. */
    isNew: optionalTrue,
    status: z.enum(["resolved", "dismissed"]).optional().catch(undefined),
  }),
  account: z.object({
    welcome: z.boolean().optional().catch(undefined),
    /** Whether a company account was connected. */
    bound: optionalTrue,
    problem: CompanyProblem.optional().catch(undefined),
  }),
  overview: z.object({
    range: z.enum(["1h", "24h", "7d", "30d"]).optional().catch(undefined),
    by: z.enum(["all", "server", "tool", "member", "client"]).default("all").catch("all"),
  }),
  connect: z.object({
    client: optionalText,
    system: z.enum(SYSTEMS).optional().catch(undefined),
    welcome: z.boolean().optional().catch(undefined),
    /** `token`: with a token, although a person could sign in from the client. */
    way: z.literal("token").optional().catch(undefined),
  }),
  addServer: z.object({
    source: z.literal("catalogue").optional().catch(undefined),
    q: optionalText,
    ...fromEntry.shape,
  }),
  deploy: fromEntry,
  teams: z.object({ q: optionalText }),
  requests: z.object({ view: z.literal("all").optional().catch(undefined) }),
  hosted: instanceView,
  server: z.object({
    tab: z
      .enum([
        "tools",
        "prompts",
        "resources",
        "skills",
        "contract",
        "health",
        "hosting",
        "settings",
      ])
      .default("tools")
      .catch("tools"),
    q: optionalText,
    ...instanceView.shape,
  }),
  tryTool: z.object({
    tool: optionalText,
    q: optionalText,
  }),
  members: z.object({
    view: z.literal("agents").optional().catch(undefined),
    q: optionalText,
    role: Role.optional().catch(undefined),
    status: z
      .enum(["active", "suspended", "ended", "invited", "no-sign-in"])
      .optional()
      .catch(undefined),
    sort: optionalText,
  }),
  tokens: z.object({
    view: z.enum(["mine", "all", "api-keys"]).optional().catch(undefined),
    state: z.enum(["active", "inactive"]).default("active").catch("active"),
    q: optionalText,
    sort: optionalText,
  }),
  access: z.object({
    q: optionalText,
    t: optionalText,
    view: z.enum(["people", "grid", "tool", "suggestions"]).optional().catch(undefined),
    /** Whose rules; absent: those of people and agents. */
    of: z.literal("teams").optional().catch(undefined),
    server: optionalText,
    tool: optionalText,
  }),
  /** `server`, `tool` and `agent`: for what the form for access is opened, as the error of a refused call says. */
  myAccess: z.object({
    q: optionalText,
    server: optionalText,
    tool: optionalText,
    agent: optionalText,
  }),
  /** The account that a person came to connect. */
  accounts: z.object({ server: optionalText, agent: optionalText }),
  audit: z.object({
    tab: z.enum(["calls", "events"]).default("calls").catch("calls"),
    live: z.boolean().optional().catch(undefined),
    member: optionalText,
    server: optionalText,
    tool: optionalText,
    status: CallStatus.optional().catch(undefined),
    token: optionalText,
    method: optionalText,
    error: optionalText,
    rule: optionalText,
    client: optionalText,
    clientVersion: optionalText,
    person: optionalText,
    object: optionalText,
    action: optionalText,
    since: z.enum(["1h", "24h", "7d", "30d", "90d"]).optional().catch(undefined),
    from: z.int().optional().catch(undefined),
    to: z.int().optional().catch(undefined),
    /** The row that is open: a call's number, an event's id. */
    call: z.int().optional().catch(undefined),
    event: optionalText,
  }),
};
