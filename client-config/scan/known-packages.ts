import type { Ecosystem } from "./program-facts.ts";

/** What a server can do, for the rule about servers that leak together. */
export type Capability =
  /** Reads texts that strangers write: web pages, issues, mail. */
  | "reads-strangers"
  /** Reads private data. */
  | "reads-private"
  /** Sends data to where others read it. */
  | "sends";

/** Packages that many people use, as of November 2026, with what they can do. Their names are those that impostors copy. */
export const WELL_KNOWN: ReadonlyMap<string, readonly Capability[]> = new Map<
  string,
  readonly Capability[]
>([
  ["npm:@modelcontextprotocol/server-filesystem", ["reads-private"]],
  ["npm:@modelcontextprotocol/server-memory", []],
  ["npm:@modelcontextprotocol/server-sequential-thinking", []],
  ["npm:@modelcontextprotocol/server-everything", []],
  ["npm:@modelcontextprotocol/server-github", ["reads-strangers", "reads-private", "sends"]],
  ["npm:@modelcontextprotocol/server-gitlab", ["reads-strangers", "reads-private", "sends"]],
  ["npm:@modelcontextprotocol/server-slack", ["reads-strangers", "reads-private", "sends"]],
  ["npm:@modelcontextprotocol/server-postgres", ["reads-private"]],
  ["npm:@modelcontextprotocol/server-gdrive", ["reads-private"]],
  ["npm:@modelcontextprotocol/server-brave-search", ["reads-strangers"]],
  ["npm:@modelcontextprotocol/server-puppeteer", ["reads-strangers", "sends"]],
  ["npm:@modelcontextprotocol/inspector", []],
  ["npm:@playwright/mcp", ["reads-strangers", "sends"]],
  ["npm:@upstash/context7-mcp", ["reads-strangers"]],
  ["npm:@notionhq/notion-mcp-server", ["reads-private"]],
  ["npm:@supabase/mcp-server-supabase", ["reads-private"]],
  ["npm:@wonderwhy-er/desktop-commander", ["reads-private"]],
  ["npm:chrome-devtools-mcp", ["reads-strangers", "sends"]],
  ["npm:figma-developer-mcp", ["reads-private"]],
  ["npm:firecrawl-mcp", ["reads-strangers"]],
  ["npm:tavily-mcp", ["reads-strangers"]],
  ["npm:exa-mcp-server", ["reads-strangers"]],
  ["npm:mcp-remote", []],
  ["npm:supergateway", []],
  ["npm:mcp-server-kubernetes", ["reads-private"]],
  ["npm:@stripe/mcp", ["reads-private"]],
  ["npm:@sentry/mcp-server", ["reads-strangers", "reads-private"]],
  ["npm:@azure/mcp", ["reads-private"]],
  ["pypi:mcp-server-fetch", ["reads-strangers", "sends"]],
  ["pypi:mcp-server-git", ["reads-private"]],
  ["pypi:mcp-server-time", []],
  ["pypi:mcp-server-sqlite", ["reads-private"]],
  ["pypi:mcp-atlassian", ["reads-strangers", "reads-private", "sends"]],
  ["pypi:markitdown-mcp", ["reads-strangers"]],
  ["pypi:awslabs-core-mcp-server", []],
  ["pypi:workspace-mcp", ["reads-strangers", "reads-private", "sends"]],
  ["pypi:duckduckgo-mcp-server", ["reads-strangers"]],
  ["pypi:postgres-mcp", ["reads-private"]],
  ["oci:ghcr.io/github/github-mcp-server", ["reads-strangers", "reads-private", "sends"]],
]);

/** Packages that their authors have archived or replaced, with what to use. */
export const ARCHIVED: ReadonlyMap<string, string> = new Map([
  [
    "npm:@modelcontextprotocol/server-github",
    "GitHub’s own server (ghcr.io/github/github-mcp-server)",
  ],
  ["npm:@modelcontextprotocol/server-gitlab", "GitLab’s own server"],
  ["npm:@modelcontextprotocol/server-slack", "another server for Slack"],
  ["npm:@modelcontextprotocol/server-postgres", "another server for PostgreSQL"],
  ["npm:@modelcontextprotocol/server-puppeteer", "@playwright/mcp or chrome-devtools-mcp"],
  ["npm:@modelcontextprotocol/server-brave-search", "@brave/brave-search-mcp-server"],
  ["npm:@modelcontextprotocol/server-gdrive", "another server for Google Drive"],
  ["npm:@modelcontextprotocol/server-google-maps", "another server for Google Maps"],
  ["npm:@modelcontextprotocol/server-redis", "Redis’ own server"],
  ["npm:@modelcontextprotocol/server-everart", "another server"],
  ["npm:@modelcontextprotocol/server-aws-kb-retrieval", "AWS’ own servers"],
  ["pypi:mcp-server-sqlite", "another server for SQLite"],
  ["pypi:mcp-server-sentry", "Sentry’s own server"],
]);

/** Packages that were published to harm, with what they do. */
export const MALICIOUS: ReadonlyMap<string, string> = new Map([
  ["npm:postmark-mcp", "sends a copy of each mail to its author since version 1.0.16"],
  ["npm:@lanyer640/mcp-runcommand-server", "opens a shell for its author"],
]);

/** A published vulnerability of a range of versions. */
export interface Vulnerability {
  id: string;
  severity: "critical" | "high";
  /** First version that has it; null: the first one. */
  from: string | null;
  /** First version without it. */
  fixed: string;
  what: string;
}

/** Published vulnerabilities of packages, as of November 2026. */
export const VULNERABLE: ReadonlyMap<string, readonly Vulnerability[]> = new Map<
  string,
  readonly Vulnerability[]
>([
  [
    "npm:mcp-remote",
    [
      {
        id: "CVE-2025-6514",
        severity: "critical",
        from: "0.0.5",
        fixed: "0.1.16",
        what: "a server that it connects to can run commands on the computer",
      },
    ],
  ],
  [
    "npm:@modelcontextprotocol/inspector",
    [
      {
        id: "CVE-2025-49596",
        severity: "critical",
        from: null,
        fixed: "0.14.1",
        what: "a web page can run commands on the computer",
      },
    ],
  ],
  [
    "npm:figma-developer-mcp",
    [
      {
        id: "CVE-2025-53967",
        severity: "high",
        from: null,
        fixed: "0.6.3",
        what: "a text can run commands on the computer",
      },
    ],
  ],
  [
    "npm:@modelcontextprotocol/server-filesystem",
    [
      {
        id: "CVE-2025-53109, CVE-2025-53110",
        severity: "high",
        from: null,
        fixed: "2025.7.1",
        what: "files outside the allowed folders can be read and written",
      },
    ],
  ],
  [
    "pypi:mcp-server-git",
    [
      {
        id: "CVE-2025-68143, CVE-2025-68144, CVE-2025-68145",
        severity: "high",
        from: null,
        fixed: "2025.12.18",
        what: "files outside the repository can be read and overwritten",
      },
    ],
  ],
  [
    "npm:mcp-server-kubernetes",
    [
      {
        id: "CVE-2025-53355",
        severity: "high",
        from: null,
        fixed: "2.5.0",
        what: "a text can run commands on the computer",
      },
    ],
  ],
  [
    "npm:@cyanheads/git-mcp-server",
    [
      {
        id: "CVE-2025-53107",
        severity: "high",
        from: null,
        fixed: "2.1.5",
        what: "a text can run commands on the computer",
      },
    ],
  ],
  [
    "npm:mcp-package-docs",
    [
      {
        id: "CVE-2025-54073",
        severity: "high",
        from: null,
        fixed: "0.1.28",
        what: "a text can run commands on the computer",
      },
    ],
  ],
  [
    "npm:@playwright/mcp",
    [
      {
        id: "CVE-2025-9611",
        severity: "high",
        from: null,
        fixed: "0.0.40",
        what: "a web page can call its tools",
      },
    ],
  ],
]);

/** Key of a package in these tables. */
export function toKey({ ecosystem, name }: { ecosystem: Ecosystem; name: string }): string {
  return `${ecosystem}:${name}`;
}
