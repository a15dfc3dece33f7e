import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { PrefixPreview, ServerToolCatalogue } from "../contract/api/resources.ts";
import { ServerTest, ServerTestInput } from "../contract/api/server-test.ts";
import { ServerPatch } from "../contract/rpc/commands.ts";
import type { CatalogueItem, NameChange, ToolCatalogue } from "../contract/rpc/tool-catalogue.ts";
import { DAY_MS } from "../contract/units.ts";
import type { Db } from "../db/database.ts";
import { Names } from "../db/names.ts";
import { listToolUse } from "../db/usage.ts";
import { findServer } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { fetchCatalogue } from "../upstream/fetch-catalogue.ts";
import { probe } from "../upstream/probe.ts";
import { explainRefusal } from "../upstream/sign-in/discover.ts";
import { listIgnoredHeaders, parseHeaders } from "../upstream/upstream-headers.ts";
import { closeUpstreamSession } from "../upstream/upstream-sessions.ts";
import type { ManagementEnv } from "./authorize.ts";
import { describeFirstLook } from "./first-look.ts";
import { findKnownServer, findViewer } from "./known-servers.ts";
import {
  jsonResponse,
  jsonBody,
  refuse,
  respondNotFound,
  BODY_ERRORS,
  READ_ERRORS,
  WRITE_ERRORS,
} from "./responses.ts";
import { refuseOwnAddress } from "./server-address.ts";

const tags = ["servers"];

const toolCatalogue = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/tool-catalogue",
  tags,
  summary:
    "Get the last known prompts, resources, templates and skills of a server, with warnings; for members without, and empty unless they are allowed the whole server",
  request: { params: z.object({ workspace: z.string(), server: z.string() }) },
  responses: {
    200: jsonResponse(ServerToolCatalogue, "The tool catalogue without tools"),
    ...READ_ERRORS,
  },
});

const test = createRoute({
  method: "post",
  path: "/{workspace}/server-tests",
  tags,
  summary: "Test a server before it is added; stores nothing",
  request: { params: z.object({ workspace: z.string() }), body: jsonBody(ServerTestInput) },
  responses: { 200: jsonResponse(ServerTest, "The result of the test"), ...WRITE_ERRORS },
});

const prefixPreview = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/prefix-preview",
  tags,
  summary: "Preview another prefix: the names that change for clients, and who called them",
  request: {
    params: z.object({ workspace: z.string(), server: z.string() }),
    body: jsonBody(ServerPatch.pick({ prefix: true }).required()),
  },
  responses: {
    200: jsonResponse(PrefixPreview, "The changed names, with calls of the last 30 days"),
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

/** Routes for tool catalogues of servers, previews of their names and tests of new servers. */
export const serverTools = new OpenAPIHono<ManagementEnv>()
  .openapi(prefixPreview, async (c) => {
    const { db, workspace } = c.var;
    const record = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!record) return respondNotFound(c, "server");
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const changes = await object.previewPrefix(record.id, c.req.valid("json").prefix);
    return c.json(await addCallers(db, workspace.id, changes, Date.now()), 200);
  })
  .openapi(toolCatalogue, async (c) => {
    const record = await findKnownServer(c, c.req.valid("param").server);
    if (!record) return respondNotFound(c, "server");
    const object = workspacesOf(c.env).getByName(c.var.workspace.slug);
    const viewer = findViewer(c);
    const catalogue =
      viewer === null
        ? await object.findToolCatalogue(record.id)
        : await object.findVisibleCatalogue(record.id, viewer);
    const features = toServerToolCatalogue(catalogue, listIgnoredHeaders(record));
    return c.json(c.var.role === "member" ? { ...features, warnings: [] } : features, 200);
  })
  .openapi(test, async (c) => {
    const { url, slug, headers = {}, credentials = {} } = c.req.valid("json");
    const loop = refuseOwnAddress(c, url);
    if (loop) return refuse(c, loop);
    for (const parsed of [
      parseHeaders("headers", headers),
      parseHeaders("credentials", credentials),
    ])
      if (!parsed.ok) return refuse(c, { code: "invalid", message: parsed.problem });
    const upstream = {
      url,
      headers: { ...headers, ...credentials },
      credentials: Object.keys(credentials),
    };
    const budgets = budgetsOf(c.env);
    const options = {
      budgets: { ...budgets, firstByteMs: budgets.mergeMs },
      ...egressOf(c.env),
    };
    const startedAt = Date.now();
    const probed = await probe(upstream, false, options);
    const detected = probed.ok ? probed.detected : null;
    const kept = probed.ok ? probed.session : null;
    const fetched = detected
      ? await fetchCatalogue({ ...upstream, detected }, options, kept)
      : null;
    const catalogue = fetched?.ok ? fetched.catalogue : null;
    const session = fetched?.ok ? fetched.session : probed.ok ? probed.session : null;
    if (session) await closeUpstreamSession(upstream, session, options);
    const failure = probed.ok ? (fetched?.ok === false ? fetched.error : null) : probed.error;
    const error =
      failure?.status === 401
        ? await explainRefusal({ url, headers }, failure, false, options)
        : failure;
    const result = {
      latencyMs: Date.now() - startedAt,
      error,
      detected: detected && {
        transport: detected.transport,
        era: detected.era,
        protocolVersion: detected.protocolVersion,
      },
      tools: (catalogue?.tools ?? []).map((item) => ({
        name: item.key,
        description: toCatalogueEntry(item).description,
      })),
      ...(await describeFirstLook(c, catalogue, slug)),
      prompts: catalogue?.prompts.length ?? 0,
      resources: (catalogue?.resources.length ?? 0) + (catalogue?.templates.length ?? 0),
      warnings: catalogue?.warnings ?? [],
    };
    return c.json(result, 200);
  });

/** Adds to changed names how often they were called, and who called them, in the last 30 days. */
async function addCallers(
  db: Db,
  workspaceId: string,
  changes: NameChange[],
  now: number,
): Promise<z.infer<typeof PrefixPreview>> {
  const uses = await listToolUse(db, workspaceId, now - 30 * DAY_MS);
  const toKey = (serverSlug: string, name: string) => `${serverSlug} ${name}`;
  const changed = new Set(changes.map(({ serverSlug, name }) => toKey(serverSlug, name)));
  const calls = new Map<string, number>();
  const callsByMember = new Map<string | null, number>();
  for (const use of uses) {
    const key = toKey(use.serverSlug, use.toolName);
    if (!changed.has(key) || use.calls === 0) continue;
    calls.set(key, (calls.get(key) ?? 0) + use.calls);
    const memberId = use.memberId || null;
    callsByMember.set(memberId, (callsByMember.get(memberId) ?? 0) + use.calls);
  }
  const names = new Names(db, workspaceId);
  await names.load(callsByMember.keys());
  return {
    items: changes.map((item) => ({
      ...item,
      calls: calls.get(toKey(item.serverSlug, item.name)) ?? 0,
    })),
    people: [...callsByMember]
      .map(([memberId, count]) => ({
        memberId,
        name: names.find(memberId)?.name ?? null,
        calls: count,
      }))
      .toSorted((a, b) => b.calls - a.calls),
  };
}

function toServerToolCatalogue(
  catalogue: ToolCatalogue | null,
  warnings: string[],
): z.infer<typeof ServerToolCatalogue> {
  return {
    serverInfo: catalogue?.serverInfo ?? null,
    instructions: catalogue?.instructions ?? null,
    prompts: (catalogue?.prompts ?? []).map(toCatalogueEntry),
    resources: (catalogue?.resources ?? []).map(toCatalogueEntry),
    templates: (catalogue?.templates ?? []).map(toCatalogueEntry),
    skills: (catalogue?.skills ?? []).map(toSkill),
    warnings: [...warnings, ...(catalogue?.warnings ?? [])],
  };
}

/** The definition is text from the server: a field with a wrong type becomes null. */
const Definition = z.object({
  title: z.string().nullable().catch(null),
  name: z.string().nullable().catch(null),
  description: z.string().nullable().catch(null),
});

const SkillDefinition = z.object({
  frontmatter: z.object({ name: z.string(), description: z.string() }),
});

function toSkill({ key, json: text }: CatalogueItem) {
  const { frontmatter } = SkillDefinition.parse(JSON.parse(text));
  return { key, title: frontmatter.name, description: frontmatter.description };
}

function toCatalogueEntry({ key, json: text }: CatalogueItem) {
  const { title, name, description } = Definition.parse(JSON.parse(text));
  return { key, title: title ?? name, description };
}
