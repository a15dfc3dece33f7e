import { inject } from "vitest";
import type { ServerInput } from "../../../workers/contract/rpc/commands.ts";
import { bindings, change, makeWorkspace, rpc, type Client } from "./gateway-client.ts";
import { readServerId } from "./management-client.ts";

/** What a server of `listed-upstream.mjs` lists; a name or URI alone is enough for an item. */
export interface Listed {
  tools?: unknown[];
  prompts?: unknown[];
  resources?: unknown[];
  resourceTemplates?: unknown[];
  skills?: unknown[];
  /** Results of `resources/read` and of `skills/get`, by URI. */
  files?: Record<string, unknown>;
  entries?: Record<string, unknown>;
  /** Results of `tools/call`, by name. */
  results?: Record<string, unknown>;
  /** Members of the result of `initialize`. */
  introduction?: Record<string, unknown>;
  /** Methods that the server answers with 500. */
  failing?: string[];
  /** The response to every request; null: none. */
  refusal?: { status: number; headers?: Record<string, string> } | null;
  /** The protected-resource metadata. */
  metadata?: object;
}

/** Has a server of `listed-upstream.mjs` list this from now on; returns its URL. */
export async function setLists(name: string, listed: Listed): Promise<string> {
  const upstream = inject("listedUrl");
  const body = JSON.stringify(listed);
  await fetch(`${upstream}/control/${name}`, { method: "POST", body });
  return `${upstream}/${name}`;
}

/** The URIs of the reads and gets that a server of `listed-upstream.mjs` has received. */
export async function listReceived(name: string): Promise<string[]> {
  const response = await fetch(`${inject("listedUrl")}/control/${name}/uris`);
  return response.json();
}

/** The number of requests of a method that a server of `listed-upstream.mjs` has received. */
export async function countReceived(name: string, method: string): Promise<number> {
  const response = await fetch(`${inject("listedUrl")}/control/${name}`);
  const received: Record<string, number> = await response.json();
  return received[method] ?? 0;
}

/** A workspace with servers whose lists a test sets. Its servers on the upstream have the workspace's slug before theirs. */
export async function makeListedWorkspace(slug: string) {
  const client: Client = await makeWorkspace(slug, {});
  return {
    client,
    /** Adds a server that lists this. */
    add: async (
      server: string,
      listed: Listed,
      input: Partial<ServerInput> = {},
    ): Promise<void> => {
      const url = await setLists(`${slug}-${server}`, listed);
      await change(slug, { type: "server.create", input: { slug: server, url, ...input } });
    },
    /** Has a server list this from now on, and the gateway read it. */
    list: async (server: string, listed: Listed): Promise<void> => {
      await setLists(`${slug}-${server}`, listed);
      await bindings.WORKSPACES.getByName(slug).checkServer(await readServerId(slug, server));
    },
    /** The names that clients see. */
    names: async (kind: "tools" | "prompts" = "tools"): Promise<string[]> => {
      const { message } = await rpc(client, `${kind}/list`);
      return message.result[kind].map(({ name }: { name: string }) => name);
    },
    /** The server and its tool that a call reaches; undefined: none. */
    call: async (name: string): Promise<string | undefined> => {
      const { message } = await rpc(client, "tools/call", { name, arguments: {} });
      return message.result?.content[0].text.replace(`${slug}-`, "");
    },
    /** The server whose prompt a client gets, with the prompt's name. */
    prompt: async (name: string): Promise<string | undefined> => {
      const { message } = await rpc(client, "prompts/get", { name });
      return message.result?.description.replace(`${slug}-`, "");
    },
    /** The server that a read of a URI reaches. */
    read: async (uri: string): Promise<string | undefined> => {
      const { message } = await rpc(client, "resources/read", { uri });
      return message.result?.contents[0].text.replace(`${slug}-`, "");
    },
  };
}
