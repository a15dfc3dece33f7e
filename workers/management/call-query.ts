import { z } from "zod";
import { CallStatus, DECISIONS_WITHOUT_RULE } from "../contract/records/audit.ts";
import { listCalledTools, type CallFilters, type NamedTools } from "../db/call-filters.ts";
import type { Db } from "../db/database.ts";
import { listServers } from "../db/workspaces.ts";
import { TIME_RANGE_QUERY } from "./responses.ts";

const seq = z.coerce.number().int().min(0).meta({ type: "integer" }).optional();

/** Query parameters that filter calls. A call matches if it matches all of them. */
export const CallQuery = z.strictObject({
  member: z.string().optional().describe("A member's id, also of a removed member"),
  token: z.string().optional().describe("A token's id, also of a revoked token"),
  server: z.string().optional().describe("A server's slug"),
  tool: z
    .string()
    .max(200)
    .optional()
    .describe(
      "A part of the name of a tool or prompt, in upper or lower case: of its name on the server, or of its name for clients, which can begin with the server's prefix or slug. In double quotes: the whole name on the server",
    ),
  status: CallStatus.optional(),
  method: z.string().optional().describe("An MCP method, such as tools/call"),
  error: z.string().optional().describe("An error code, such as upstream_timeout"),
  rule: z
    .string()
    .optional()
    .describe(
      `What decided on the call: a rule, such as github:* or github:search, or one of ${DECISIONS_WITHOUT_RULE.join(", ")}`,
    ),
  client: z.string().optional().describe("A client's name, as the client gives it"),
  clientVersion: z.string().optional().describe("A client's version, as the client gives it"),
  after: seq.describe("Only calls with a greater sequence number, to poll for new calls"),
  upTo: seq.describe(
    "Only calls with this sequence number or a smaller one: the same rows as in an earlier response",
  ),
  ...TIME_RANGE_QUERY,
});
export type CallQuery = z.infer<typeof CallQuery>;

/** Maps query parameters to database filters. */
export async function toCallFilters(
  db: Db,
  workspaceId: string,
  { member, token, server, tool, error, client, ...rest }: CallQuery,
): Promise<CallFilters> {
  return {
    ...rest,
    memberId: member,
    tokenId: token,
    serverSlug: server,
    errorCode: error,
    clientName: client,
    ...(tool === undefined ? {} : { tools: await findTools(db, workspaceId, tool) }),
  };
}

/** The called tools whose own name, or name with the prefix or slug of a server, contains a text. */
async function findTools(db: Db, workspaceId: string, text: string): Promise<NamedTools> {
  const [, whole] = /^"(.*)"$/.exec(text) ?? [];
  if (whole !== undefined) return { names: [whole], keys: [] };
  const part = text.toLowerCase();
  const [called, servers] = await Promise.all([
    listCalledTools(db, workspaceId),
    listServers(db, workspaceId),
  ]);
  const hasPart = (name: string) => name.toLowerCase().includes(part);
  const keys = servers.flatMap(({ slug, prefix }) => {
    const starts = [`${slug.replaceAll("-", "_")}__`, ...(prefix === null ? [] : [`${prefix}_`])];
    return called
      .filter((name) => !hasPart(name) && starts.some((start) => hasPart(start + name)))
      .map((name) => `${slug}:${name}`);
  });
  return { names: called.filter(hasPart), keys };
}
