import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import { HostedInstance, type InstanceRecord } from "../contract/hosting/instances.ts";
import type { PackageVersion } from "../contract/hosting/package-versions.ts";
import {
  InstanceVersions,
  PackageComparison,
  VersionComparisonInput,
  VersionSwitch,
} from "../contract/hosting/version-switch.ts";
import type { Db } from "../db/database.ts";
import { listHosts } from "../db/hosts.ts";
import { findInstance } from "../db/instances.ts";
import { listPackageVersions } from "../hosting/host-client.ts";
import { chooseHosts } from "../hosting/placement.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import { compareChanges } from "./contract-views.ts";
import { toInstance } from "./instances.ts";
import { listOtherTools, listToolNames } from "./other-tools.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["hosted servers"];
const params = z.object({ workspace: z.string(), instance: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/instances/{instance}/versions",
  tags,
  summary: "List the versions of a hosted server's package, the newest first",
  request: { params },
  responses: { 200: jsonResponse(InstanceVersions, "The versions"), ...READ_ERRORS },
});

const comparison = createRoute({
  method: "post",
  path: "/{workspace}/instances/{instance}/version-comparison",
  tags,
  summary:
    "Start another version beside the running one, and compare what it shows with what is approved; calls no tool, stores nothing",
  request: { params, body: jsonBody(VersionComparisonInput) },
  responses: { 200: jsonResponse(PackageComparison, "The comparison"), ...WRITE_ERRORS },
});

const change = createRoute({
  method: "post",
  path: "/{workspace}/instances/{instance}/version",
  tags,
  summary:
    "Switch to another version, if it starts beside the running one; if it does not run then, the version before is put back",
  request: { params, body: jsonBody(VersionSwitch) },
  responses: { 202: jsonResponse(HostedInstance, "The instance, pending"), ...WRITE_ERRORS },
});

/** Routes for the versions of a hosted server's package. */
export const instanceVersions = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { db, workspace } = c.var;
    const record = await findInstance(db, workspace.id, c.req.valid("param").instance);
    const entry = HOSTING_CATALOGUE.find(({ id }) => id === record?.catalogueId);
    if (!record || !entry) return respondNotFound(c, "hosted server");
    const { current = entry.package.version, earlier = null } = record.versions ?? {};
    const found = await findVersions(c.env, db, record);
    return c.json(
      { package: entry.package.name, current, earlier: earlier?.version ?? null, ...found },
      200,
    );
  })
  .openapi(comparison, async (c) => {
    const { slug, id } = c.var.workspace;
    const { version } = c.req.valid("json");
    const object = workspacesOf(c.env).getByName(slug);
    const compared = await object.compareVersion(c.req.valid("param").instance, version);
    if (!compared.ok) return refuse(c, compared.refusal);
    const { changes, ...trial } = compared.trial;
    const record = await findInstance(c.var.db, id, c.req.valid("param").instance);
    const others = listOtherTools(await listToolNames(c), record?.slug);
    return c.json({ version, ...trial, changes: compareChanges(changes, others) }, 200);
  })
  .openapi(change, async (c) => {
    const { actor, workspace } = c.var;
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const input = c.req.valid("json");
    const outcome = await object.switchVersion(c.req.valid("param").instance, input, actor);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    return c.json(toInstance(outcome.result.instance), 202);
  });

/** The versions by the first host that answers, because it installs them; or why none does. */
async function findVersions(
  env: Env,
  db: Db,
  instance: InstanceRecord,
): Promise<{ versions: PackageVersion[]; problem: string | null }> {
  let problem = "No container host accepts servers now, so the versions are not known.";
  for (const host of chooseHosts(await listHosts(db), instance)) {
    const listed = await listPackageVersions(env, host, instance.catalogueId);
    if (listed.ok) return { versions: listed.value.versions, problem: null };
    problem = listed.message;
  }
  return { versions: [], problem };
}
