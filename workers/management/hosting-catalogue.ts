import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import type { HostingCatalogueEntry } from "../contract/hosting/catalogue-entry.ts";
import { PROCESS_ENGINE, PROCESS_WARNING } from "../contract/hosting/hosts.ts";
import { HostingCatalogue } from "../contract/hosting/instances.ts";
import { listHosts } from "../db/hosts.ts";
import { findOpenHosts } from "../hosting/placement.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS, refuseInvalid } from "./responses.ts";

const get = createRoute({
  method: "get",
  path: "/hosting-catalogue",
  tags: ["hosted servers"],
  summary: "List the servers of the hosting catalogue, with their variables",
  responses: { 200: jsonResponse(HostingCatalogue, "The hosting catalogue"), ...READ_ERRORS },
});

/** Route for the hosting catalogue. */
export const hostingCatalogue = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
}).openapi(get, async (c) => {
  const hosts = findOpenHosts(await listHosts(c.var.db));
  const ids = new Set(hosts.flatMap(({ report }) => report?.catalogueIds ?? []));
  const hasProcesses = hosts.some(({ report }) => report?.engineVersion === PROCESS_ENGINE);
  return c.json(
    {
      items: HOSTING_CATALOGUE.map((entry) => {
        const isAvailable = ids.has(entry.id);
        const unavailableReason = isAvailable ? null : explain(entry, hosts.length);
        return { ...entry, isAvailable, unavailableReason };
      }),
      hasHost: hosts.length > 0,
      warning: hasProcesses ? PROCESS_WARNING : null,
    },
    200,
  );
});

/** Why no host can deploy the entry, with the remedy for the operator. */
function explain({ image }: HostingCatalogueEntry, openHosts: number): string {
  if (openHosts === 0) return "No container host accepts servers now.";
  return `No container host has the image "${image}", which this server needs. The operator builds it (bridge/image/build.sh ${image}) and adds it to MCPNEST_HOST_IMAGES, or restarts npm start.`;
}
