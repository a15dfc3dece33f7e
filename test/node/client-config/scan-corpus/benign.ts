import { type Benign, FILES, docker, npx, one, program, remote, tools, uvx } from "./made-files.ts";
import { makeJwt, toHexText } from "./made-keys.ts";

/** Files as people have them. */
export const BENIGN: readonly Benign[] = [
  { name: "unpinned npx", text: npx(["@playwright/mcp@latest"]) },
  {
    name: "unpinned npx with a placeholder",
    text: npx(["firecrawl-mcp"], { FIRECRAWL_API_KEY: "fc-YOUR_API_KEY" }),
  },
  {
    name: "uvx with options",
    text: uvx([
      "--from",
      "mcp-server-time==2025.9.25",
      "mcp-server-time",
      "--local-timezone=Europe/Berlin",
    ]),
  },
  { name: "file server with a project", text: npx([FILES, "/Users/kim/projects/site"]) },
  {
    name: "file server with Windows folders",
    text: npx([FILES, String.raw`C:\Users\kim\Documents\notes`]),
  },
  {
    name: "file server as instructions show it",
    text: npx([FILES, "/Users/username/Desktop", "/path/to/other/dir"]),
  },
  { name: "npx behind cmd", text: program("cmd", "/c", "npx", "-y", "tavily-mcp@0.2.9") },
  {
    name: "script in a project",
    text: one({
      command: "node",
      args: ["/home/kim/dev/server/dist/index.js"],
      env: { LOG_LEVEL: "debug", DATA_DIR: "/home/kim/dev/server/data" },
    }),
  },
  {
    name: "uv in a folder",
    text: program("uv", "--directory", "/home/kim/dev/weather", "run", "weather.py"),
  },
  {
    name: "Python with its path",
    text: one({
      command: "python3",
      args: ["-m", "weather.server"],
      env: { PYTHONPATH: "/home/kim/dev/weather/src", PYTHONUNBUFFERED: "1" },
    }),
  },
  {
    name: "PATH of a version manager",
    text: one({
      command: "/Users/kim/.nvm/versions/node/v22.9.0/bin/node",
      args: ["/Users/kim/s/index.js"],
      env: { PATH: "/Users/kim/.nvm/versions/node/v22.9.0/bin:/usr/local/bin:/usr/bin:/bin" },
    }),
  },
  {
    name: "more memory for Node",
    text: npx(["mcp-server@1.0.0"], { NODE_OPTIONS: "--max-old-space-size=4096" }),
  },
  {
    name: "container with a variable",
    text: docker("-e", "GITHUB_PERSONAL_ACCESS_TOKEN", "ghcr.io/github/github-mcp-server:v0.20.1"),
  },
  {
    name: "container with a folder of the project",
    text: docker(
      "-v",
      "/Users/kim/projects/db:/data:ro",
      "mcp/sqlite",
      "--db-path",
      "/data/app.db",
    ),
  },
  {
    name: "container that listens inside",
    text: docker(
      "-p",
      "127.0.0.1:8080:8080",
      "example/server@sha256:" + toHexText(64),
      "--host",
      "0.0.0.0",
    ),
  },
  {
    name: "container with the folder of the shell",
    text: docker("-v", "$(pwd)/data:/data", "example/server:1.2.3"),
  },
  { name: "remote with OAuth", text: remote("https://mcp.linear.app/mcp") },
  {
    name: "remote with a reference",
    text: remote("https://api.githubcopilot.com/mcp/", {
      Authorization: "Bearer ${env:GITHUB_TOKEN}",
    }),
    client: "cursor",
  },
  {
    name: "remote with a placeholder",
    text: remote("https://mcp.example.com/mcp", { "X-API-Key": "YOUR_API_KEY" }),
  },
  {
    name: "project of an address",
    text: remote("https://mcp.supabase.com/mcp?project_ref=qwxplmznvbtyrkfghdsc&read_only=true"),
  },
  { name: "local server", text: remote("http://localhost:3845/mcp") },
  {
    name: "server of the host, from a container",
    text: remote("http://host.docker.internal:8080/sse"),
  },
  {
    name: "mcp-remote with a reference",
    text: npx(
      ["mcp-remote@0.1.30", "https://mcp.example.com/mcp", "--header", "Authorization:${AUTH}"],
      { AUTH: "Bearer <token>" },
    ),
  },
  {
    name: "database on this computer",
    text: npx(["postgres-server@1.0.0", "postgresql://postgres:postgres@localhost:5432/app"]),
  },
  {
    name: "password of a local database",
    text: npx(["neo4j-server@1.0.0"], {
      NEO4J_URI: "bolt://localhost:7687",
      NEO4J_USERNAME: "neo4j",
      NEO4J_PASSWORD: "password",
    }),
  },
  {
    name: "names like those of secrets",
    text: npx(["s@1.0.0"], {
      AUTH_MODE: "oauth",
      TOKEN_TTL: "3600",
      SESSION_DIR: "./sessions",
      AUTH_URL: "https://login.example.com/oauth/token",
      KEY_ALGORITHM: "HS256",
      MAX_TOKENS: "128000",
      SSH_KEY_PATH: "/home/kim/.ssh/id_ed25519",
      ENABLE_AUTH: "true",
    }),
  },
  {
    name: "key file of a cloud",
    text: npx(["gcp-server@1.0.0"], {
      GOOGLE_APPLICATION_CREDENTIALS:
        "/Users/kim/.config/gcloud/application_default_credentials.json",
    }),
  },
  {
    name: "cluster",
    text: npx(["mcp-server-kubernetes@2.9.9"], { KUBECONFIG: "/Users/kim/.kube/config" }),
  },
  {
    name: "public key of Supabase",
    text: npx(["s@1.0.0"], { SUPABASE_ANON_KEY: makeJwt({ role: "anon", iss: "supabase" }) }),
  },
  {
    name: "class path of Windows",
    text: program("java", "-cp", "D:/mcp/server.jar;D:/mcp/lib/*", "com.example.Server"),
  },
  {
    name: "some approved tools that read",
    text: one({
      command: "npx",
      args: ["-y", "s@1.0.0"],
      autoApprove: ["list_orders", "get_weather", "search"],
    }),
    client: "cline",
  },
  {
    name: "ids that look random",
    text: npx(["s@1.0.0"], {
      PROJECT_ID: toHexText(24),
      NOTION_PAGE_ID: "1429989f-e8ac-4eff-bc8f-57f56486db54",
      COMMIT: toHexText(40),
    }),
  },
  {
    name: "inputs of VS Code",
    text: JSON.stringify({
      inputs: [{ type: "promptString", id: "key", password: true }],
      servers: {
        one: {
          type: "stdio",
          command: "npx",
          args: ["-y", "s@1.0.0"],
          env: { API_KEY: "${input:key}" },
        },
      },
    }),
  },
  {
    name: "TOML of Codex",
    text: '[mcp_servers.docs]\nurl = "https://docs.example.com/mcp"\nbearer_token_env_var = "DOCS_TOKEN"\n',
  },
  {
    name: "YAML of Goose",
    text: "extensions:\n  fetch:\n    type: stdio\n    cmd: uvx\n    args: [mcp-server-fetch]\n    enabled: true\n    env_keys: [API_KEY]\n",
  },
  {
    name: "descriptions in other languages",
    text: npx(["s@1.0.0"], { API_KEY: "替换为您的密钥", APP_SECRET: "ваш секретный ключ" }),
  },
  { name: "names of others", text: npx(["@azure-devops/mcp@2.2.0", "contoso"]) },
  {
    name: "several servers",
    text: JSON.stringify({
      mcpServers: {
        github: { url: "https://api.githubcopilot.com/mcp/" },
        files: { command: "npx", args: ["-y", FILES, "/srv/docs"] },
        fetch: { command: "uvx", args: ["mcp-server-fetch"] },
        time: { command: "uvx", args: ["mcp-server-time"] },
      },
    }),
  },
];

/** Lists of tools as servers have them. */
export const BENIGN_TOOLS: readonly Benign[] = [
  {
    name: "plain",
    text: tools(
      { name: "get_weather", description: "Gets the weather of a city. Returns JSON." },
      {
        name: "list_cities",
        description: "Lists the cities that get_weather knows. Call it first.",
      },
    ),
  },
  {
    name: "emoji and other scripts",
    text: tools({ name: "greet", description: "Grüßt 👨‍👩‍👧 und übersetzt: 你好, می‌خواهم." }),
  },
  {
    name: "limits for the model",
    text: tools({
      name: "resolve",
      description:
        "You must call this before get-docs. Never call it more than 3 times per question.",
    }),
  },
  {
    name: "list without a response",
    text: JSON.stringify([
      {
        name: "read_file",
        description: "Reads a file below the allowed folders.",
        inputSchema: { type: "object", properties: { path: { type: "string" } } },
      },
    ]),
  },
  {
    name: "mails, files and addresses",
    text: tools(
      { name: "send_email", description: "Sends a mail to an address such as kim@example.com." },
      { name: "sendMail", description: "Posts the text to https://api.example.com/v1/mails." },
      { name: "read_file", description: "Returns the content of a file in the project." },
      { name: "config", description: "Shows the contents of the configuration. Pass a path." },
      { name: "settings", description: "Reads data from ~/.config/app/settings.json." },
      { name: "cluster", description: "Shows the contents of ~/.kube/config of the server." },
      {
        name: "store",
        description: "You must first upload the file to https://uploads.example.com/.",
      },
      {
        name: "cache",
        description: "When the tool runs on the server, the result should be kept.",
      },
      {
        name: "login",
        description:
          "Needs a password. The tool of the server must be called before others expire.",
      },
    ),
  },
  {
    name: "same tool in the spelling of two servers",
    text: JSON.stringify({
      a: { tools: [{ name: "read_file", description: "Reads." }] },
      b: { tools: [{ name: "readFile", description: "Reads too." }] },
    }),
  },
];
