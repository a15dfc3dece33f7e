import { strToU8, zipSync } from "fflate";
import type { Connection } from "../clients/client.ts";
import server from "./server.mjs?raw";

/**
 * A bundle that Claude Desktop installs (`.mcpb`, manifest 0.3): a zip with a local server that connects to the gateway. It
 * contains no token: Claude asks for it, and keeps it in the secret storage of the system.
 */
export function makeClaudeBundle(connection: Connection): Uint8Array<ArrayBuffer> {
  const manifest = JSON.stringify(toManifest(connection), null, 2);
  return zipSync({ "manifest.json": strToU8(manifest), "server/index.mjs": strToU8(server) });
}

function toManifest({ name, url }: Connection) {
  return {
    manifest_version: "0.3",
    name: `mcpnest-${name}`,
    display_name: name,
    version: "1.0.0",
    description: `The tools of the workspace ${name}, through the gateway at ${new URL(url).host}`,
    author: { name: "mcpnest" },
    server: {
      type: "node",
      entry_point: "server/index.mjs",
      mcp_config: {
        command: "node",
        args: ["${__dirname}/server/index.mjs"],
        env: { MCPNEST_URL: url, MCPNEST_TOKEN: "${user_config.token}" },
      },
    },
    tools_generated: true,
    user_config: {
      token: {
        type: "string",
        title: "Token",
        description: `The token for ${name}, from the page Connect of the dashboard`,
        sensitive: true,
        required: true,
      },
    },
    compatibility: { platforms: ["darwin", "win32", "linux"], runtimes: { node: ">=18.0.0" } },
  };
}
