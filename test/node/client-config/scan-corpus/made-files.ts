import type { RuleId } from "../../../../client-config/scan/rule-book.ts";
import type { ClientId } from "../../../../workers/contract/marketplace/install/clients.ts";
import type { Severity } from "../../../../workers/contract/severity.ts";
import { toRandomText } from "./made-keys.ts";

type Server = Record<string, unknown>;

/** A file with one server. */
export const one = (server: Server) => JSON.stringify({ mcpServers: { one: server } }, null, 2);
/** A file with a package of npm. */
export const npx = (args: string[], env?: Record<string, string>) =>
  one({ command: "npx", args: ["-y", ...args], ...(env && { env }) });
/** A file with a package of PyPI. */
export const uvx = (args: string[], env?: Record<string, string>) =>
  one({ command: "uvx", args, ...(env && { env }) });
/** A file with a container. */
export const docker = (...args: string[]) =>
  one({ command: "docker", args: ["run", "-i", "--rm", ...args] });
/** A file with a program. */
export const program = (command: string, ...args: string[]) => one({ command, args });
/** A file with a remote server. */
export const remote = (url: string, headers?: Record<string, string>) =>
  one({ url, ...(headers && { headers }) });

/** An ordinary file: nothing of it is high or critical. */
export interface Benign {
  name: string;
  text: string;
  client?: ClientId;
}

/** A package that serves files. */
export const FILES = "@modelcontextprotocol/server-filesystem@2025.8.21";

/** A file with something that the rule has to find. */
export interface Bad {
  rule: RuleId;
  severity: Severity;
  name: string;
  text: string;
  client?: ClientId;
  fileName?: string;
}

/** Makes an example. */
export const bad = (
  rule: RuleId,
  severity: Severity,
  name: string,
  text: string,
  rest: Pick<Bad, "client" | "fileName"> = {},
): Bad => ({ rule, severity, name, text, ...rest });

/** A secret. */
export const RANDOM = toRandomText(40, 3);

/** A response with tools. */
export const tools = (...list: { name: string; description: string }[]) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    result: { tools: list.map((tool) => ({ ...tool, inputSchema: { type: "object" } })) },
  });
/** A response with a tool that adds. */
export const tool = (description: string) => tools({ name: "add", description });
