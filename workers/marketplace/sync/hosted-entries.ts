import { HOSTING_CATALOGUE } from "../../contract/hosting/catalogue-data.ts";
import type { HostingCatalogueEntry } from "../../contract/hosting/catalogue-entry.ts";
import type { Db } from "../../db/database.ts";
import { listRecordNames } from "../../db/marketplace.ts";
import { readPage } from "../registry-page.ts";
import { HOSTED_SOURCE } from "../sources.ts";
import { storePage } from "../store-page.ts";

/**
 * The repositories of the packages, by which an entry is found to be of the server that a registry describes. An entry that
 * is one of several configurations of a package has none: it stays a separate server.
 */
const REPOSITORIES: Record<string, { url: string; subfolder?: string }> = {
  filesystem: reference("filesystem"),
  github: {
    url: "https://github.com/modelcontextprotocol/servers-archived",
    subfolder: "src/github",
  },
  notion: { url: "https://github.com/makenotion/notion-mcp-server" },
  context7: { url: "https://github.com/upstash/context7" },
  slack: { url: "https://github.com/zencoderai/slack-mcp-server" },
  "brave-search": { url: "https://github.com/brave/brave-search-mcp-server" },
  puppeteer: { url: "https://github.com/microsoft/playwright-mcp" },
  memory: reference("memory"),
  "sequential-thinking": reference("sequentialthinking"),
  everything: reference("everything"),
};

/** Stores the servers that container hosts can run as entries of the marketplace, and deletes those of an older release. */
export async function storeHostedEntries(db: Db): Promise<void> {
  const page = readPage({ servers: HOSTING_CATALOGUE.map(toEntry) });
  const names = new Set(page.entries.map(({ document }) => document.name));
  const deleted = (await listRecordNames(db, HOSTED_SOURCE)).filter((name) => !names.has(name));
  await storePage(db, HOSTED_SOURCE, { entries: page.entries, deleted }, Date.now());
}

/** In the format of the registries, as a page has it. */
function toEntry({
  id,
  name,
  summary,
  package: { name: identifier, version },
  variables,
}: HostingCatalogueEntry) {
  const environmentVariables = variables.map(({ key, label, help, kind, required }) => ({
    name: key,
    description: `${label}: ${help}`,
    isRequired: required,
    isSecret: kind === "password",
  }));
  const transport = { type: "stdio" };
  const server = {
    name: `${HOSTED_SOURCE}/${id}`,
    title: name,
    description: summary,
    version,
    repository: REPOSITORIES[id],
    packages: [{ registryType: "npm", identifier, version, transport, environmentVariables }],
  };
  return { server };
}

function reference(folder: string) {
  return { url: "https://github.com/modelcontextprotocol/servers", subfolder: `src/${folder}` };
}
