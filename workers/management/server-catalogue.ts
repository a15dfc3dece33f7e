import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { ServerOffer, type OfferedItem } from "../contract/server-catalogue.ts";
import { json, notFound, readErrors } from "./answers.ts";
import type { ManagementEnv } from "./caller.ts";
import { toServerTool } from "./servers.ts";

const get = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/catalogue",
  tags: ["servers"],
  summary: "What a server offers, as last seen, and what of it clients do not get",
  request: { params: z.object({ workspace: z.string(), server: z.string() }) },
  responses: { 200: json(ServerOffer, "Its catalogue"), ...readErrors },
});

export const serverCatalogue = new OpenAPIHono<ManagementEnv>().openapi(get, async (c) => {
  const workspace = c.env.WORKSPACES.getByName(c.var.workspace.slug);
  const offer = await workspace.listServerCatalogue(c.req.valid("param").server);
  if (!offer) return notFound(c, "server");
  const { tools, prompts, resources, templates, warnings } = offer;
  return c.json(
    {
      tools: tools.map(toServerTool),
      prompts: prompts.map(toPrompt),
      resources: resources.map(toResource),
      templates: templates.map(toResource),
      warnings,
    },
    200,
  );
});

/** An item is the server's own text: what is not of its type is left out. */
const Text = z.string().nullable().catch(null);
const Item = z.object({ name: Text, description: Text, mimeType: Text });

function toPrompt({ exposedName, name, json: text }: OfferedItem) {
  return { exposedName, name, description: Item.parse(JSON.parse(text)).description };
}

function toResource({ name: uri, json: text }: OfferedItem) {
  return { uri, ...Item.parse(JSON.parse(text)) };
}
