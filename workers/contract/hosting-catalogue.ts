import { z } from "zod";
import { Profile } from "./hosting.ts";
import { variableNameProblem } from "./variable-names.ts";
import { Slug } from "./workspace.ts";

/** A value that whoever deploys a server is asked for; it becomes an environment variable of the server. */
const CatalogueVariable = z.strictObject({
  /** The environment variable's name. */
  key: z.string().refine((name) => variableNameProblem(name) === null, "not a usable name"),
  label: z.string().min(1),
  /** A `password` is masked, sealed and never shown again. */
  kind: z.enum(["text", "password"]),
  required: z.boolean(),
  /** What it is and where it comes from, in a sentence. */
  help: z.string().min(1),
});

/** A stdio MCP server that can be deployed. */
export const CatalogueEntry = z.strictObject({
  id: Slug,
  name: z.string().min(1),
  /** What it offers, in a sentence. */
  summary: z.string().min(1),
  /** The npm package, as `bridge/image/package.json` pins it. */
  package: z.strictObject({ name: z.string(), version: z.string().regex(/^\d+\.\d+\.\d+$/) }),
  /** Run by the bridge without a shell, in the folder of the image that holds `node_modules`. */
  command: z.string().min(1),
  /** How calls share the server: `parallel`; one writer at a time, by `readOnlyHint`; or one call at a time. */
  concurrency: z.enum(["parallel", "serial-writes", "serial"]),
  /** Fixed variables. */
  environment: z.record(z.string(), z.string()),
  variables: z.array(CatalogueVariable),
  /** The smallest profile that it runs in. */
  profile: Profile,
  image: z.enum(["servers", "browser"]),
  /** Hosts that it may connect to by HTTPS; `*` is any public host. */
  egress: z.array(z.string().regex(/^(\*|[a-z0-9-]+(\.[a-z0-9-]+)+)$/)),
  /** The variable whose URL names the one server that it connects to by TCP, such as a database. */
  connectsTo: z.string().optional(),
  /** The package that people know it by, where another one runs in its place. */
  replaces: z.string().nullable(),
  /** What to know before deploying it: why a package was replaced, what is at risk. */
  notice: z.string().nullable(),
});
export type CatalogueEntry = z.infer<typeof CatalogueEntry>;

/** Hosts are short of memory, not of speed: these servers wait for others. It saves each 2 to 3 MB of private memory. */
const NODE = "node --optimize-for-size";

const NOT_DURABLE = "Its data lives in the container: a restart begins with nothing.";

/** Every server that can be deployed with a click, in the order in which they are shown. */
export const CATALOGUE: CatalogueEntry[] = [
  {
    id: "filesystem",
    name: "Filesystem",
    summary: "Reads, writes, edits and searches files in a folder of its own.",
    package: { name: "@modelcontextprotocol/server-filesystem", version: "2026.8.31" },
    command: `${NODE} node_modules/@modelcontextprotocol/server-filesystem/dist/index.js /tmp`,
    concurrency: "serial-writes",
    environment: {},
    variables: [],
    profile: "small",
    image: "servers",
    egress: [],
    replaces: null,
    notice: NOT_DURABLE,
  },
  {
    id: "github",
    name: "GitHub",
    summary: "Repositories, issues, pull requests, branches and files on github.com.",
    package: { name: "@modelcontextprotocol/server-github", version: "2025.4.8" },
    command: `${NODE} node_modules/@modelcontextprotocol/server-github/dist/index.js`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "GITHUB_PERSONAL_ACCESS_TOKEN",
        label: "Personal access token",
        kind: "password",
        required: true,
        help: "A fine-grained token for the repositories that this team may use: GitHub > Settings > Developer settings.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: ["api.github.com"],
    replaces: null,
    notice:
      "This package was archived in May 2025 and gets no fixes. GitHub's own server is not on npm (the package named github-mcp-server is someone else's): where it can be reached, add GitHub's remote server instead. Give this one a token with as few rights as will do.",
  },
  {
    id: "postgres",
    name: "PostgreSQL",
    summary: "Lists the schema of a database and runs read-only SQL.",
    package: { name: "@bytebase/dbhub", version: "1.4.0" },
    command: `${NODE} node_modules/@bytebase/dbhub/dist/index.js --config servers/postgres.toml`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "DATABASE_URL",
        label: "Connection string",
        kind: "password",
        required: true,
        help: "postgres://user:password@host:5432/database?sslmode=require, with a role that may only read.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: [],
    connectsTo: "DATABASE_URL",
    replaces: "@modelcontextprotocol/server-postgres",
    notice:
      "DBHub runs in the place of @modelcontextprotocol/server-postgres, which is archived and not read-only as it claims: a COMMIT in a query leaves its read-only transaction, and what follows can drop tables.",
  },
  {
    id: "notion",
    name: "Notion",
    summary: "Searches, reads and writes pages, databases and comments of a Notion workspace.",
    package: { name: "@notionhq/notion-mcp-server", version: "2.5.2" },
    command: `${NODE} node_modules/@notionhq/notion-mcp-server/bin/cli.mjs`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "NOTION_TOKEN",
        label: "Integration secret",
        kind: "password",
        required: true,
        help: "The secret of an internal integration (notion.so/profile/integrations); share the pages that it may see with it.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: ["api.notion.com"],
    replaces: null,
    notice: null,
  },
  {
    id: "context7",
    name: "Context7",
    summary: "Current documentation and examples of libraries.",
    package: { name: "@upstash/context7-mcp", version: "4.1.1" },
    command: `${NODE} node_modules/@upstash/context7-mcp/dist/index.js`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "CONTEXT7_API_KEY",
        label: "API key",
        kind: "password",
        required: false,
        help: "Optional: without a key from context7.com/dashboard the rate limits are low.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: ["context7.com", "mcp.context7.com"],
    replaces: null,
    notice: null,
  },
  {
    id: "slack",
    name: "Slack",
    summary: "Lists channels and users, reads history and posts messages.",
    package: { name: "@zencoderai/slack-mcp-server", version: "0.0.1" },
    command: `${NODE} node_modules/@zencoderai/slack-mcp-server/dist/index.js`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "SLACK_BOT_TOKEN",
        label: "Bot token",
        kind: "password",
        required: true,
        help: "Begins with xoxb-: api.slack.com/apps > OAuth & Permissions.",
      },
      {
        key: "SLACK_TEAM_ID",
        label: "Team id",
        kind: "text",
        required: true,
        help: "Begins with T: it stands in the address of Slack in a browser.",
      },
      {
        key: "SLACK_CHANNEL_IDS",
        label: "Channels",
        kind: "text",
        required: false,
        help: "Optional: the only channels to list, as ids separated by commas.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: ["slack.com"],
    replaces: "@modelcontextprotocol/server-slack",
    notice:
      "The package of Zencoder, who took the server over, runs in the place of @modelcontextprotocol/server-slack, which is archived and gets no fixes.",
  },
  {
    id: "sqlite",
    name: "SQLite",
    summary: "A database of its own: creates tables, and reads and writes them by SQL.",
    package: { name: "@bytebase/dbhub", version: "1.4.0" },
    command: `${NODE} node_modules/@bytebase/dbhub/dist/index.js --config servers/sqlite.toml`,
    concurrency: "serial",
    environment: {},
    variables: [],
    profile: "small",
    image: "servers",
    egress: [],
    replaces: "mcp-server-sqlite",
    notice: `DBHub runs in the place of mcp-server-sqlite, which is unmaintained, ignores its --db flag, prints every statement to its output and crashes with current Node. ${NOT_DURABLE}`,
  },
  {
    id: "brave-search",
    name: "Brave Search",
    summary: "Searches the web, news, images, videos and places.",
    package: { name: "@brave/brave-search-mcp-server", version: "2.1.4" },
    command: `${NODE} node_modules/@brave/brave-search-mcp-server/dist/index.js`,
    concurrency: "parallel",
    environment: {},
    variables: [
      {
        key: "BRAVE_API_KEY",
        label: "API key",
        kind: "password",
        required: true,
        help: "From api-dashboard.search.brave.com.",
      },
    ],
    profile: "small",
    image: "servers",
    egress: ["api.search.brave.com"],
    replaces: "@modelcontextprotocol/server-brave-search",
    notice:
      "Brave's own package runs in the place of @modelcontextprotocol/server-brave-search, which is archived and gets no fixes.",
  },
  {
    id: "puppeteer",
    name: "Puppeteer (Playwright)",
    summary: "Drives a headless browser: opens pages, clicks, types, takes screenshots.",
    package: { name: "@playwright/mcp", version: "0.0.83" },
    command: `${NODE} node_modules/@playwright/mcp/cli.js --headless --isolated --no-sandbox --executable-path /usr/bin/chromium-headless-shell`,
    concurrency: "serial",
    environment: {},
    variables: [],
    profile: "medium",
    image: "browser",
    egress: ["*"],
    replaces: "@modelcontextprotocol/server-puppeteer",
    notice:
      "Microsoft's Playwright server runs in the place of @modelcontextprotocol/server-puppeteer, which is archived and gets no fixes. Pages that it opens can try to talk an agent into things. All callers share one browser.",
  },
  {
    id: "memory",
    name: "Memory",
    summary: "A knowledge graph of entities, relations and observations.",
    package: { name: "@modelcontextprotocol/server-memory", version: "2026.8.31" },
    command: `${NODE} node_modules/@modelcontextprotocol/server-memory/dist/index.js`,
    concurrency: "serial-writes",
    environment: { MEMORY_FILE_PATH: "/tmp/memory.jsonl" },
    variables: [],
    profile: "small",
    image: "servers",
    egress: [],
    replaces: null,
    notice: NOT_DURABLE,
  },
  {
    id: "sequential-thinking",
    name: "Sequential Thinking",
    summary: "Keeps the steps of a line of thought, with revisions and branches.",
    package: { name: "@modelcontextprotocol/server-sequential-thinking", version: "2026.8.31" },
    command: `${NODE} node_modules/@modelcontextprotocol/server-sequential-thinking/dist/index.js`,
    concurrency: "serial",
    environment: { DISABLE_THOUGHT_LOGGING: "true" },
    variables: [],
    profile: "small",
    image: "servers",
    egress: [],
    replaces: null,
    notice: "All callers share one line of thought.",
  },
  {
    id: "everything",
    name: "Everything",
    summary: "The reference server: every feature of the protocol, for trying things out.",
    package: { name: "@modelcontextprotocol/server-everything", version: "2026.8.31" },
    command: `${NODE} node_modules/@modelcontextprotocol/server-everything/dist/index.js stdio`,
    concurrency: "parallel",
    environment: {},
    variables: [],
    profile: "small",
    image: "servers",
    egress: [],
    replaces: null,
    notice: "Its tool get-env shows the environment of the server, which holds no secret here.",
  },
];
