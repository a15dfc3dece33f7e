import { z } from "zod";
import { ServerName } from "../../../contract/marketplace/server-document.ts";
import { parseJson } from "../../../mcp/json.ts";
import { OFFICIAL_META, TOPICS_META } from "../../registry-page.ts";

/** A server.json with more characters is not read; genuine ones are far smaller. */
const MAX_SERVER_JSON_CHARS = 100_000;

/** A repository as the search returns it. */
export const FoundRepository = z.object({
  nameWithOwner: z.string().max(200),
  description: z.string().nullish(),
  homepageUrl: z.string().nullish(),
  createdAt: z.string().nullish(),
  isPrivate: z.boolean(),
  isFork: z.boolean(),
  isArchived: z.boolean(),
  isTemplate: z.boolean(),
  repositoryTopics: z.object({
    nodes: z.array(z.object({ topic: z.object({ name: z.string() }) })),
  }),
  serverJson: z
    .object({ text: z.string().nullish(), isTruncated: z.boolean().nullish() })
    .nullish(),
});
export type FoundRepository = z.infer<typeof FoundRepository>;

/** What makes a JSON file in a repository the description of an MCP server. */
const ServerJson = z
  .looseObject({
    name: ServerName,
    packages: z.array(z.unknown()).nullish(),
    remotes: z.array(z.unknown()).nullish(),
    repository: z
      .looseObject({ url: z.unknown().optional(), subfolder: z.unknown().optional() })
      .nullish()
      .catch(null),
  })
  .refine(({ packages, remotes }) => packages || remotes);
type ServerJson = z.infer<typeof ServerJson>;

/** Whether the marketplace lists such a repository. The search leaves others out, too. */
export function isListed(repository: FoundRepository): boolean {
  const { isPrivate, isFork, isArchived, isTemplate } = repository;
  return !isPrivate && !isFork && !isArchived && !isTemplate;
}

/** Returns the server.json of a repository; null: it has none, or a file of this name for something else. */
export function readServerJson({ serverJson }: FoundRepository): ServerJson | null {
  const { text, isTruncated } = serverJson ?? {};
  if (!text || isTruncated || text.length > MAX_SERVER_JSON_CHARS) return null;
  const parsed = ServerJson.safeParse(parseJson(text));
  return parsed.success ? parsed.data : null;
}

/** The name that a repository has by itself: its owner's namespace, as the official registry gives it, and its name. */
export function toOwnName(nameWithOwner: string): string {
  return `io.github.${nameWithOwner}`;
}

/**
 * A repository in the format of registries. Its server.json describes the server; GitHub alone says which repository it is,
 * and a name counts only in the namespace of the repository's owner: a file can name anything.
 */
export function toEntry(repository: FoundRepository, described: ServerJson | null): object {
  const { nameWithOwner, description, homepageUrl, createdAt, repositoryTopics } = repository;
  const url = `https://github.com/${nameWithOwner}`;
  const stated = described?.repository;
  const isSame =
    String(stated?.url)
      .toLowerCase()
      .replace(/\.git$/, "") === url.toLowerCase();
  return {
    server: {
      ...described,
      name: isOfOwner(described?.name, nameWithOwner) ? described?.name : toOwnName(nameWithOwner),
      description: described?.["description"] || description,
      websiteUrl: described?.["websiteUrl"] || homepageUrl,
      repository: {
        url,
        source: "github",
        ...(isSame ? { subfolder: stated?.subfolder } : {}),
      },
    },
    _meta: {
      [OFFICIAL_META]: { publishedAt: createdAt },
      [TOPICS_META]: repositoryTopics.nodes.map(({ topic }) => topic.name),
    },
  };
}

function isOfOwner(name: string | undefined, nameWithOwner: string): boolean {
  const [owner = ""] = nameWithOwner.split("/");
  return name?.toLowerCase().startsWith(`io.github.${owner}/`.toLowerCase()) ?? false;
}
