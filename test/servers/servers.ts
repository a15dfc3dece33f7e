/** A call that is known to stay on this machine and to have the same result each time. */
export type LocalCall =
  | { tool: string; arguments?: Record<string, unknown> }
  | { prompt: string; arguments?: Record<string, string> }
  | { resource: string };

/** How a server listens by itself. */
export interface OwnEndpoint {
  transport: "streamable-http" | "http-sse";
  path: string;
  headers?: Record<string, string>;
}

/**
 * A server from npm. `args` and `env` can contain `{port}`, `{folder}` (an empty folder for its data) and `{chromium}`
 * (the program of a browser; without one the server is skipped).
 */
export interface RealServer {
  name: string;
  package: string;
  version: string;
  /** The program, relative to the package's folder. */
  program: string;
  args?: string[];
  /** Credentials are invented: the server needs them to start and does not use them to list. */
  env?: Record<string, string>;
  /** Absent: a stdio server, which the bridge serves. */
  endpoint?: OwnEndpoint;
  calls?: LocalCall[];
}

const INVENTED = "invented-credential-0123456789";
const BROWSER_ARGS = ["--headless", "--isolated", "--no-sandbox", "--executable-path={chromium}"];
const PAGE = "data:text/html,<title>Greeting</title><h1>Hello</h1>";
const PAGE_CALLS: LocalCall[] = [
  { tool: "browser_navigate", arguments: { url: PAGE } },
  { tool: "browser_snapshot" },
  { tool: "browser_click", arguments: { element: "no such element", target: "e99" } },
];
const EVERYTHING = {
  package: "@modelcontextprotocol/server-everything",
  version: "2026.8.31",
  program: "dist/index.js",
  env: { PORT: "{port}" },
  calls: [
    { tool: "echo", arguments: { message: "hello" } },
    { tool: "get-sum", arguments: { a: 40, b: 2 } },
    { tool: "get-tiny-image" },
    { tool: "get-structured-content", arguments: { location: "Chicago" } },
    { tool: "get-annotated-message", arguments: { messageType: "error", includeImage: true } },
    { tool: "get-sum", arguments: { a: "forty" } },
    { prompt: "simple-prompt" },
    { prompt: "args-prompt", arguments: { city: "Paris", state: "Texas" } },
    { resource: "demo://resource/static/document/architecture.md" },
  ],
} satisfies Partial<RealServer>;
const PLAYWRIGHT = {
  package: "@playwright/mcp",
  version: "0.0.83",
  program: "cli.js",
  args: [
    "--port={port}",
    "--snapshot-mode=none",
    "--allowed-hosts=127.0.0.1:{port}",
    ...BROWSER_ARGS,
  ],
  calls: PAGE_CALLS,
} satisfies Partial<RealServer>;

/** The servers, in the order of the table. */
export const SERVERS: RealServer[] = [
  {
    name: "everything",
    ...EVERYTHING,
    args: ["streamableHttp"],
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "everything-sse",
    ...EVERYTHING,
    args: ["sse"],
    endpoint: { transport: "http-sse", path: "/sse" },
  },
  { name: "everything-stdio", ...EVERYTHING, args: ["stdio"] },
  {
    name: "filesystem",
    package: "@modelcontextprotocol/server-filesystem",
    version: "2026.8.31",
    program: "dist/index.js",
    args: ["{folder}"],
    calls: [
      { tool: "list_allowed_directories" },
      { tool: "write_file", arguments: { path: "{folder}/a.txt", content: "1.0\r\n\u2028é" } },
      { tool: "read_text_file", arguments: { path: "{folder}/a.txt" } },
      { tool: "list_directory", arguments: { path: "{folder}" } },
      { tool: "read_text_file", arguments: { path: "/etc/passwd" } },
    ],
  },
  {
    name: "memory",
    package: "@modelcontextprotocol/server-memory",
    version: "2026.8.31",
    program: "dist/index.js",
    env: { MEMORY_FILE_PATH: "{folder}/memory.jsonl" },
    calls: [
      { tool: "delete_entities", arguments: { entityNames: ["Ada"] } },
      {
        tool: "create_entities",
        arguments: { entities: [{ name: "Ada", entityType: "person", observations: ["counts"] }] },
      },
      { tool: "read_graph" },
      { tool: "search_nodes", arguments: { query: "counts" } },
      { resource: "memory://knowledge-graph" },
    ],
  },
  {
    name: "sequential-thinking",
    package: "@modelcontextprotocol/server-sequential-thinking",
    version: "2026.8.31",
    program: "dist/index.js",
    calls: [
      {
        tool: "sequentialthinking",
        arguments: { thought: "a", nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 0 },
      },
    ],
  },
  {
    name: "time",
    package: "time-mcp",
    version: "1.0.6",
    program: "dist/index.js",
    calls: [
      { tool: "days_in_month", arguments: { date: "2024-02-01" } },
      { tool: "get_timestamp", arguments: { time: "2026-01-01 00:00:00" } },
    ],
  },
  {
    name: "dbhub",
    package: "@bytebase/dbhub",
    version: "1.4.0",
    program: "dist/index.js",
    args: ["--transport=http", "--port={port}", "--dsn=sqlite://{folder}/data.db"],
    endpoint: { transport: "streamable-http", path: "/mcp" },
    calls: [
      { tool: "execute_sql", arguments: { sql: "create table if not exists t (a)" } },
      { tool: "execute_sql", arguments: { sql: "select 40 + 2 as answer" } },
      { tool: "search_objects", arguments: { object_type: "table" } },
    ],
  },
  {
    name: "playwright",
    ...PLAYWRIGHT,
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  { name: "playwright-sse", ...PLAYWRIGHT, endpoint: { transport: "http-sse", path: "/sse" } },
  {
    name: "chrome-devtools",
    package: "chrome-devtools-mcp",
    version: "1.11.0",
    program: "build/src/bin/chrome-devtools-mcp.js",
    args: ["--headless", "--isolated", "--executablePath={chromium}", "--chromeArg=--no-sandbox"],
    calls: [
      { tool: "navigate_page", arguments: { type: "url", url: PAGE } },
      { tool: "list_pages" },
      { tool: "evaluate_script", arguments: { function: "() => document.title" } },
    ],
  },
  {
    name: "map",
    package: "@modelcontextprotocol/server-map",
    version: "2.0.3",
    program: "dist/index.js",
    env: { PORT: "{port}" },
    endpoint: { transport: "streamable-http", path: "/mcp" },
    calls: [{ resource: "ui://cesium-map/mcp-app.html" }],
  },
  {
    name: "pdf",
    package: "@modelcontextprotocol/server-pdf",
    version: "2.0.4",
    program: "dist/index.js",
    args: ["--stdio"],
    calls: [{ tool: "list_pdfs" }, { resource: "ui://pdf-viewer/mcp-app.html" }],
  },
  {
    name: "github",
    package: "@modelcontextprotocol/server-github",
    version: "2025.4.8",
    program: "dist/index.js",
    env: { GITHUB_PERSONAL_ACCESS_TOKEN: INVENTED },
  },
  {
    name: "gitlab",
    package: "@zereight/mcp-gitlab",
    version: "2.1.64",
    program: "build/index.js",
    env: { GITLAB_PERSONAL_ACCESS_TOKEN: INVENTED },
    calls: [
      { prompt: "review_merge_request", arguments: { project_id: "a/b", merge_request_iid: "1" } },
      { prompt: "triage_vulnerabilities" },
    ],
  },
  {
    name: "notion",
    package: "@notionhq/notion-mcp-server",
    version: "2.5.2",
    program: "bin/cli.mjs",
    args: ["--transport", "http", "--port", "{port}", "--auth-token", INVENTED],
    env: { NOTION_TOKEN: INVENTED },
    endpoint: {
      transport: "streamable-http",
      path: "/mcp",
      headers: { authorization: `Bearer ${INVENTED}` },
    },
  },
  {
    name: "context7",
    package: "@upstash/context7-mcp",
    version: "4.1.1",
    program: "dist/index.js",
    args: ["--transport", "http", "--port", "{port}"],
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "supabase",
    package: "@supabase/mcp-server-supabase",
    version: "0.13.0",
    program: "dist/cli.js",
    // Without the feature `docs`, whose tool is described by supabase.com.
    args: [`--access-token=${INVENTED}`, "--features=account,database,debugging,functions,storage"],
  },
  {
    name: "firecrawl",
    package: "firecrawl-mcp",
    version: "3.26.0",
    program: "dist/index.js",
    env: { HTTP_STREAMABLE_SERVER: "true", PORT: "{port}", FIRECRAWL_API_KEY: INVENTED },
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "tavily",
    package: "tavily-mcp",
    version: "0.2.22",
    program: "build/index.js",
    env: { TAVILY_API_KEY: INVENTED },
  },
  {
    name: "exa",
    package: "exa-mcp-server",
    version: "3.4.1",
    program: "dist/stdio.cjs",
    env: { EXA_API_KEY: INVENTED },
    calls: [{ prompt: "web_search_help" }, { resource: "exa://tools/list" }],
  },
  {
    name: "brave-search",
    package: "@brave/brave-search-mcp-server",
    version: "2.1.4",
    program: "dist/index.js",
    args: ["--transport", "http", "--port", "{port}", "--brave-api-key", INVENTED],
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "sentry",
    package: "@sentry/mcp-server",
    version: "0.39.0",
    program: "dist/index.js",
    args: [`--access-token=${INVENTED}`, "--host=sentry.io"],
  },
  {
    name: "figma",
    package: "figma-developer-mcp",
    version: "0.13.2",
    program: "dist/bin.js",
    args: ["--port={port}", `--figma-api-key=${INVENTED}`],
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "mongodb",
    package: "mongodb-mcp-server",
    version: "3.0.4",
    program: "dist/esm/index.js",
    args: ["--transport", "http", "--httpPort", "{port}", "--telemetry", "disabled"],
    endpoint: { transport: "streamable-http", path: "/mcp" },
    calls: [{ resource: "config://config" }, { resource: "debug://mongodb" }],
  },
  {
    name: "azure",
    package: "@azure/mcp",
    version: "2.0.5",
    program: "index.js",
    args: ["server", "start"],
  },
  {
    name: "kubernetes",
    package: "mcp-server-kubernetes",
    version: "4.1.7",
    program: "dist/index.js",
    calls: [{ prompt: "k8s-diagnose", arguments: { keyword: "web", namespace: "default" } }],
  },
  {
    name: "chart",
    package: "@antv/mcp-server-chart",
    version: "0.9.10",
    program: "build/index.js",
    args: ["--transport", "streamable", "--port", "{port}"],
    endpoint: { transport: "streamable-http", path: "/mcp" },
  },
  {
    name: "hubspot",
    package: "@hubspot/mcp-server",
    version: "0.4.0",
    program: "dist/index.js",
    env: { PRIVATE_APP_ACCESS_TOKEN: INVENTED },
  },
  {
    name: "desktop-commander",
    package: "@wonderwhy-er/desktop-commander",
    version: "0.2.52",
    program: "dist/index.js",
    calls: [
      { tool: "create_directory", arguments: { path: "{folder}/a" } },
      { tool: "list_directory", arguments: { path: "{folder}/a" } },
      { resource: "ui://desktop-commander/config-editor" },
    ],
  },
  { name: "eslint", package: "@eslint/mcp", version: "0.3.13", program: "src/mcp-cli.js" },
  { name: "drawio", package: "@drawio/mcp", version: "1.6.1", program: "src/index.js" },
];
