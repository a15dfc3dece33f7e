import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { startListedUpstream } from "../fixtures/listed-upstream.mjs";

/** Tools of each server: 170. */
const SERVERS = [
  {
    slug: "github",
    name: "GitHub",
    nouns: ["issue", "pull_request", "branch", "release", "review"],
  },
  { slug: "linear", name: "Linear", nouns: ["ticket", "cycle", "project", "comment"] },
  { slug: "postgres", name: "Postgres (production)", nouns: ["table", "query", "index"] },
  { slug: "sentry", name: "Sentry", nouns: ["event", "alert", "dashboard"] },
  { slug: "notion", name: "Notion", nouns: ["page", "database"] },
];
const VERBS = [
  "get",
  "list",
  "search",
  "create",
  "update",
  "delete",
  "archive",
  "export",
  "watch",
  "count",
];
const FIRST = [
  "Ada",
  "Grace",
  "Alan",
  "Barbara",
  "Edsger",
  "Frances",
  "Donald",
  "Margaret",
  "Dennis",
  "Radia",
];
const LAST = ["Lovelace", "Hopper-Vandenberghe", "Turing", "Liskov", "Østergård"];

/** Numbers of people and tools, as `makeTeam` makes them. */
export const TEAM = { people: FIRST.length * LAST.length, tools: 170 };

/** Tools with descriptions, schemas and annotations. */
function listTools({ nouns }: (typeof SERVERS)[number]): { name: string }[] {
  return VERBS.flatMap((verb) =>
    nouns.map((noun) => ({
      name: `${verb}_${noun}`,
      title: `${verb[0]?.toUpperCase()}${verb.slice(1)} ${noun.replaceAll("_", " ")}`,
      description: `Calls the service to ${verb} one ${noun.replaceAll("_", " ")} or several of them.`,
      inputSchema: {
        type: "object",
        properties: {
          id: { type: "string", description: "Identifier" },
          limit: { type: "integer" },
        },
        required: ["id"],
      },
      annotations: {
        readOnlyHint: ["get", "list", "search", "export", "watch", "count"].includes(verb),
        destructiveHint: verb === "delete",
      },
    })),
  );
}

const Created = z.object({ id: z.string() });
const Issued = z.object({ record: Created });

/** What the calls of a team name. */
export interface Team {
  workspaceId: string;
  members: { id: string; tokenId: string }[];
  tools: { server: string; name: string }[];
}

/** Makes the workspace `demo` with fifty people, their rules and tokens, and servers that are served from here. */
export async function makeTeam(
  api: ManagementApi,
): Promise<{ team: Team; close: () => Promise<void> }> {
  const upstream = await startListedUpstream();
  const workspaceId = await create(api, "/workspaces", { slug: "demo", name: "Acme" });
  const tools: Team["tools"] = [];
  for (const server of SERVERS) {
    const listed = listTools(server);
    await control(upstream.url, server.slug, { tools: listed });
    const { slug, name } = server;
    const input = { slug, name, url: `${upstream.url}/${slug}`, prefix: slug };
    await manage(api, "POST", "/workspaces/demo/servers", input);
    tools.push(...listed.map((tool) => ({ server: slug, name: tool.name })));
  }
  const members: Team["members"] = [];
  for (const [index, name] of LAST.flatMap((last) =>
    FIRST.map((first) => `${first} ${last}`),
  ).entries())
    members.push(await makePerson(api, index, name));
  return { team: { workspaceId, members, tools }, close: () => upstream.close() };
}

async function makePerson(
  api: ManagementApi,
  index: number,
  name: string,
): Promise<Team["members"][number]> {
  const role = index < 4 ? "admin" : "member";
  const id = await create(api, "/workspaces/demo/members", { name, role });
  const rules = [[], ["github:*"], ["github:get_issue", "linear:*"], ["postgres:list_table"]][
    index % 4
  ];
  if (rules?.length) await manage(api, "PUT", `/workspaces/demo/members/${id}/rules`, { rules });
  const token = { label: index % 3 === 0 ? "Claude Code on macOS" : "Cursor", memberId: id };
  const issued = await manage(api, "POST", "/workspaces/demo/tokens", token);
  return { id, tokenId: Issued.parse(issued).record.id };
}

async function create(api: ManagementApi, path: string, body: object): Promise<string> {
  return Created.parse(await manage(api, "POST", path, body)).id;
}

async function control(url: string, server: string, state: object): Promise<void> {
  const response = await fetch(`${url}/control/${server}`, {
    method: "POST",
    body: JSON.stringify(state),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}
