import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ServerOffer, ServerTest, ServerTestInput } from "../contract/api/resources.ts";
import type { CatalogueItem, ToolCatalogue } from "../contract/rpc/tool-catalogue.ts";
import { findServer } from "../db/workspaces.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { fetchCatalogue } from "../upstream/fetch-catalogue.ts";
import { probe } from "../upstream/probe.ts";
import type { ManagementEnv } from "./authorize.ts";
import { json, jsonBody, notFound, readErrors, writeErrors } from "./responses.ts";

const tags = ["servers"];

const offer = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/offer",
  tags,
  summary: "A server's prompts, resources and templates as last seen, and what was left out",
  request: { params: z.object({ workspace: z.string(), server: z.string() }) },
  responses: { 200: json(ServerOffer, "What it offers besides tools"), ...readErrors },
});

const test = createRoute({
  method: "post",
  path: "/{workspace}/server-tests",
  tags,
  summary: "Look at a server before it is added; nothing is stored",
  request: { params: z.object({ workspace: z.string() }), body: jsonBody(ServerTestInput) },
  responses: { 200: json(ServerTest, "What was found"), ...writeErrors },
});

export const serverOffers = new OpenAPIHono<ManagementEnv>()
  .openapi(offer, async (c) => {
    const { db, workspace } = c.var;
    const { server } = c.req.valid("param");
    if (!(await findServer(db, workspace.id, server))) return notFound(c, "server");
    const catalogue = await c.env.WORKSPACES.getByName(workspace.slug).findToolCatalogue(server);
    return c.json(toOffer(catalogue), 200);
  })
  .openapi(test, async (c) => {
    const { url, headers = {}, credentials = {} } = c.req.valid("json");
    const peer = { url, headers: { ...headers, ...credentials } };
    const budgets = budgetsOf(c.env);
    const options = {
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
      ...egressOf(c.env),
    };
    const startedAt = Date.now();
    const probed = await probe(peer, false, options);
    const detected = probed.ok ? probed.detected : null;
    const fetched = detected ? await fetchCatalogue({ ...peer, detected }, options) : null;
    const catalogue = fetched?.ok ? fetched.catalogue : null;
    const error = probed.ok ? (fetched?.ok === false ? fetched.error : null) : probed.error;
    const found = {
      latencyMs: Date.now() - startedAt,
      error,
      detected: detected && {
        transport: detected.transport,
        era: detected.era,
        protocolVersion: detected.protocolVersion,
      },
      tools: (catalogue?.tools ?? []).map((item) => ({
        name: item.key,
        description: toOffered(item).description,
      })),
      prompts: catalogue?.prompts.length ?? 0,
      resources: (catalogue?.resources.length ?? 0) + (catalogue?.templates.length ?? 0),
      warnings: catalogue?.warnings ?? [],
    };
    return c.json(found, 200);
  });

function toOffer(catalogue: ToolCatalogue | null): z.infer<typeof ServerOffer> {
  return {
    serverInfo: catalogue?.serverInfo ?? null,
    instructions: catalogue?.instructions ?? null,
    prompts: (catalogue?.prompts ?? []).map(toOffered),
    resources: (catalogue?.resources ?? []).map(toOffered),
    templates: (catalogue?.templates ?? []).map(toOffered),
    warnings: catalogue?.warnings ?? [],
  };
}

/** An item is the server's own text: what is not of its type is left out. */
const Described = z.object({
  title: z.string().nullable().catch(null),
  name: z.string().nullable().catch(null),
  description: z.string().nullable().catch(null),
});

function toOffered({ key, json: text }: CatalogueItem) {
  const { title, name, description } = Described.parse(JSON.parse(text));
  return { key, title: title ?? name, description };
}
