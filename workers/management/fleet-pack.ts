import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { FleetPack } from "../contract/api/fleet-pack.ts";
import { makeFleetPack } from "../contract/fleet/fleet-pack.ts";
import { listServers } from "../db/workspaces.ts";
import { toLinkOrigin } from "../http/own-origin.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS } from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/{workspace}/fleet-pack",
  tags: ["workspaces"],
  summary:
    "Get managed settings of Claude Code, VS Code, GitHub Copilot and Codex that allow the workspace's enabled servers and no others; without secrets",
  request: { params: z.object({ workspace: z.string() }) },
  responses: {
    200: jsonResponse(FleetPack, "The files of each client, with what they enforce and what not"),
    ...READ_ERRORS,
  },
});

/** Route for the managed settings of clients. The addresses in it are at the host of the request. */
export const fleetPack = new OpenAPIHono<ManagementEnv>().openapi(get, async (c) => {
  const { db, workspace } = c.var;
  const servers = await listServers(db, workspace.id);
  const pack = await makeFleetPack({
    // Clients leave out the scheme's own port, and lists compare texts.
    origin: new URL(toLinkOrigin(c.req.header("host") ?? "")).origin,
    slug: workspace.slug,
    servers: servers.filter(({ enabled }) => enabled).map(({ slug }) => slug),
  });
  return c.json(pack, 200);
});
