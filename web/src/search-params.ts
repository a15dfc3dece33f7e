import { z } from "zod";
import { CallStatus } from "../../workers/contract/records/audit.ts";
import { Role } from "../../workers/contract/records/workspace.ts";
import { SYSTEMS } from "./connect/clients/systems.ts";

/** Search parameters of an instance's console and log. */
const instanceView = z.object({
  console: z.boolean().optional().catch(undefined),
  follow: z.boolean().optional().catch(undefined),
});

/** A search parameter. A text that looks like a number, such as a version, arrives as a number. */
const optionalText = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** The search parameters of each page, by its route. What is not valid is left out. */
export const SEARCH = {
  signIn: z.object({
    to: z
      .string()
      .regex(/^\/(?!\/)/)
      .optional()
      .catch(undefined),
  }),
  account: z.object({ welcome: z.boolean().optional().catch(undefined) }),
  overview: z.object({
    range: z.enum(["1h", "24h", "7d", "30d"]).optional().catch(undefined),
    by: z.enum(["all", "server", "tool", "member", "client"]).default("all").catch("all"),
    client: z.string().optional().catch(undefined),
  }),
  connect: z.object({
    client: z.string().optional().catch(undefined),
    system: z.enum(SYSTEMS).optional().catch(undefined),
    welcome: z.boolean().optional().catch(undefined),
  }),
  addServer: z.object({
    source: z.literal("catalogue").optional().catch(undefined),
    q: z.string().optional().catch(undefined),
  }),
  hosted: instanceView,
  server: z.object({
    tab: z
      .enum(["tools", "prompts", "resources", "health", "hosting", "settings"])
      .default("tools")
      .catch("tools"),
    q: z.string().optional().catch(undefined),
    ...instanceView.shape,
  }),
  tryTool: z.object({
    tool: z.string().optional().catch(undefined),
    q: z.string().optional().catch(undefined),
  }),
  members: z.object({
    q: z.string().optional().catch(undefined),
    role: Role.optional().catch(undefined),
    status: z.enum(["active", "suspended", "invited", "no-sign-in"]).optional().catch(undefined),
    sort: z.string().optional().catch(undefined),
  }),
  tokens: z.object({
    view: z.enum(["mine", "all", "api-keys"]).optional().catch(undefined),
    state: z.enum(["active", "inactive"]).default("active").catch("active"),
    q: z.string().optional().catch(undefined),
    sort: z.string().optional().catch(undefined),
  }),
  access: z.object({
    q: z.string().optional().catch(undefined),
    t: z.string().optional().catch(undefined),
    view: z.enum(["people", "grid", "tool"]).optional().catch(undefined),
    server: z.string().optional().catch(undefined),
    tool: z.string().optional().catch(undefined),
  }),
  myAccess: z.object({ q: z.string().optional().catch(undefined) }),
  audit: z.object({
    tab: z.enum(["calls", "events"]).default("calls").catch("calls"),
    live: z.boolean().optional().catch(undefined),
    member: z.string().optional().catch(undefined),
    server: z.string().optional().catch(undefined),
    tool: z.string().optional().catch(undefined),
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
