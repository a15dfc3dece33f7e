import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  readConfigurationDocument,
  writeConfigurationDocument,
  type ReadDocument,
} from "../../client-config/configuration-document.ts";
import { ApplyQuery, ConfigurationQuery } from "../contract/api/configuration.ts";
import { AppliedConfiguration } from "../contract/api/versions.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import { ConfigurationDocument } from "../contract/versions/document.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import { change, jsonResponse, READ_ERRORS, refuse, WRITE_ERRORS } from "./responses.ts";
import { refuseOwnAddress } from "./server-address.ts";

const tags = ["versions"];
const params = z.object({ workspace: z.string() });

const get = createRoute({
  method: "get",
  path: "/{workspace}/configuration",
  tags,
  summary: "Get the configuration as one document, in JSON or YAML; its ETag is the version",
  request: { params, query: ConfigurationQuery },
  responses: {
    200: {
      description: "The configuration, without any secret",
      content: {
        "application/json": { schema: ConfigurationDocument },
        "application/yaml": { schema: z.string() },
      },
    },
    ...READ_ERRORS,
  },
});

const put = createRoute({
  method: "put",
  path: "/{workspace}/configuration",
  tags,
  summary:
    "Make the configuration that of a document, in one change, or see what that would change. A JSON text as body is read as YAML",
  request: { params, query: ApplyQuery },
  responses: {
    200: jsonResponse(AppliedConfiguration, "The plan, and whether it was applied"),
    ...WRITE_ERRORS,
  },
});

/** Routes for the configuration as one document. */
export const configuration = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const { slug, id } = c.var.workspace;
    const read = await workspacesOf(c.env).getByName(slug).readConfiguration(id);
    if (!read) return refuse(c, UNREADABLE);
    const { document, version } = read;
    c.header("etag", `"${version}"`);
    if (c.req.valid("query").format !== "yaml") return c.json(document, 200);
    c.header("content-type", "application/yaml; charset=utf-8");
    return c.body(writeConfigurationDocument(document), 200);
  })
  .openapi(put, async (c) => {
    const { dryRun, ifVersion } = c.req.valid("query");
    const expected = ifVersion ?? readIfMatch(c);
    if (expected === "invalid")
      return refuse(c, { code: "invalid", message: 'If-Match: send the ETag, such as "12".' });
    const read = await readBody(c);
    if (!read.ok) return refuse(c, { code: "invalid", message: read.problems.join(" ") });
    const { document } = read;
    const loop = refuseLoops(c, document);
    if (loop) return refuse(c, loop);
    const outcome = await change(c, c.var.workspace.slug, {
      type: "configuration.apply",
      document,
      restored: null,
      ifVersion: expected,
      dryRun: dryRun === "true",
      callerRole: c.var.role ?? undefined,
    });
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const { isApplied, plan } = outcome.result;
    return c.json({ isApplied, plan }, 200);
  });

const UNREADABLE: Refusal = {
  code: "unavailable",
  message: "The configuration cannot be read now; try again.",
};

/** The version in `If-Match`; null: there is none, or any may be there. */
function readIfMatch(c: Context<ManagementEnv>): number | null | "invalid" {
  const header = c.req.header("if-match");
  if (header === undefined || header.trim() === "*") return null;
  const found = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(header);
  return found ? Number(found[1]) : "invalid";
}

/** A page sends a YAML text as one JSON string, because browsers may send it to another host unasked otherwise. */
async function readBody(c: Context<ManagementEnv>): Promise<ReadDocument> {
  const text = await c.req.text();
  const isJson = /^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "");
  if (!isJson) return readConfigurationDocument(text, "yaml");
  if (!text.trimStart().startsWith('"')) return readConfigurationDocument(text, "json");
  try {
    return readConfigurationDocument(z.string().parse(JSON.parse(text)), "yaml");
  } catch {
    // Only the client's text can fail here.
    return { ok: false, problems: ["The body is not valid JSON."] };
  }
}

function refuseLoops(c: Context<ManagementEnv>, { servers = [] }: ConfigurationDocument) {
  for (const [index, { url, slug }] of servers.entries()) {
    const refusal = refuseOwnAddress(c, url);
    if (refusal) return { ...refusal, message: `servers.${index} (${slug}): ${refusal.message}` };
  }
  return null;
}
