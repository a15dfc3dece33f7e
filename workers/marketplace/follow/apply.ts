import { InstanceInput, toInstanceLimit } from "../../contract/hosting/instances.ts";
import { DisplayName } from "../../contract/records/display-name.ts";
import type {
  FoundEntry,
  FoundWay,
  FollowReference,
} from "../../contract/records/followed-registry.ts";
import type { WorkspaceRecord } from "../../contract/records/workspace.ts";
import { ServerInput, ServerPatch, type ChangeResult } from "../../contract/rpc/commands.ts";
import { stripHidden } from "../../contract/text/hidden-characters.ts";
import { suggestSlug } from "../../contract/text/suggest-slug.ts";
import type { Db } from "../../db/database.ts";
import { deleteEntry, type FollowRow } from "../../db/followed-registries.ts";
import { findPlan, listInstances } from "../../db/instances.ts";
import { listServers } from "../../db/workspaces.ts";
import type { Env } from "../../runtime/env.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { probe } from "../../upstream/probe.ts";
import { parseHeaders } from "../../upstream/upstream-headers.ts";
import { closeUpstreamSession } from "../../upstream/upstream-sessions.ts";
import { toPlace, type Proposal } from "./plan.ts";
import { openValues } from "./secrets.ts";

/** What a proposal is applied with. */
interface Applying {
  env: Env;
  db: Db;
  workspace: WorkspaceRecord;
  follow: FollowRow;
  proposal: Proposal;
  reference: FollowReference;
}

/** Where a server is, and what is sent there. */
interface Upstream {
  url: string;
  headers: Record<string, string>;
  credentials: Record<string, string>;
}

/** Applies a proposal as the workspace's rules for new and changed servers have it. Returns why it failed; null: it did not. */
export async function applyProposal(
  env: Env,
  db: Db,
  workspace: WorkspaceRecord,
  follow: FollowRow,
  proposal: Proposal,
): Promise<string | null> {
  const reference = { id: follow.id, entry: proposal.name, approvedBy: follow.approvedBy };
  try {
    return await apply({ env, db, workspace, follow, proposal, reference });
  } catch (error) {
    logFailure("follow_not_applied", error, { follow: follow.id });
    return "The gateway failed to apply it: its log has the cause. It tries again.";
  }
}

async function apply(work: Applying): Promise<string | null> {
  const { proposal, db, follow } = work;
  const { found } = proposal.row;
  switch (proposal.kind) {
    case "add":
      return found && addServer(work, found);
    case "deploy":
      return found && deployServer(work, found);
    case "change":
      return found && changeServer(work, found);
    case "remove": {
      const problem = await removeServer(work);
      if (problem === null) await deleteEntry(db, follow, proposal.name);
      return problem;
    }
    case "refused":
    case "kept":
      return null;
  }
}

async function addServer(work: Applying, found: FoundEntry): Promise<string | null> {
  const { env, workspace, follow, reference } = work;
  const upstream = await toUpstream(work, found.way);
  if (!upstream) return null;
  const input = ServerInput.safeParse({ ...(await toNames(work, found)), ...upstream });
  if (!input.success) return describeInvalid(input.error.issues);
  const problem = await findProblem(env, upstream);
  if (problem !== null) return problem;
  const command = {
    type: "server.create",
    input: input.data,
    person: personOf(follow),
    follow: reference,
  } as const;
  return toProblem(await objectOf(work).change(command, follow.id, workspace.id));
}

async function deployServer(work: Applying, found: FoundEntry): Promise<string | null> {
  const { env, db, workspace, follow, reference } = work;
  if (found.way.kind !== "package") return null;
  const values = await openValues(env, workspace, follow, toPlace(found.way));
  const input = InstanceInput.safeParse({
    ...(await toNames(work, found)),
    catalogueId: found.way.catalogueId,
    credentials: Object.fromEntries(values),
  });
  if (!input.success) return describeInvalid(input.error.issues);
  const limit = toInstanceLimit(await findPlan(db, workspace.id));
  const command = {
    type: "instance.create",
    input: input.data,
    limit,
    follow: reference,
  } as const;
  return toProblem(await objectOf(work).change(command, follow.id, workspace.id));
}

async function changeServer(work: Applying, found: FoundEntry): Promise<string | null> {
  const { env, db, workspace, follow, proposal, reference } = work;
  const upstream = await toUpstream(work, found.way);
  const servers = await listServers(db, workspace.id);
  const server = servers.find(({ id }) => id === proposal.row.target);
  if (!upstream || !server) return null;
  const before = proposal.row.applied?.way;
  const old = new Set(
    (before?.kind === "remote" ? Object.keys(before.headers) : []).map((name) =>
      name.toLowerCase(),
    ),
  );
  // Headers that an admin has added stay.
  const kept = Object.entries(server.headers).filter(([name]) => !old.has(name.toLowerCase()));
  const headers = { ...Object.fromEntries(kept), ...upstream.headers };
  const patch = ServerPatch.safeParse({ ...upstream, headers });
  if (!patch.success) return describeInvalid(patch.error.issues);
  const problem = await findProblem(env, upstream);
  if (problem !== null) return problem;
  const command = {
    type: "server.update",
    slug: server.slug,
    patch: patch.data,
    person: personOf(follow),
    follow: reference,
  } as const;
  return toProblem(await objectOf(work).change(command, follow.id, workspace.id));
}

async function removeServer(work: Applying): Promise<string | null> {
  const { follow, workspace, proposal, reference } = work;
  const { target } = proposal.row;
  if (target?.startsWith("ins_") === true)
    return toProblem(await objectOf(work).terminateInstance(target, follow.id));
  if (proposal.server === null) return null;
  const command = { type: "server.delete", slug: proposal.server, follow: reference } as const;
  return toProblem(await objectOf(work).change(command, follow.id, workspace.id));
}

function objectOf({ env, workspace }: Applying) {
  return workspacesOf(env).getByName(workspace.slug);
}

/** Null: the entry has no address. */
async function toUpstream(
  { env, workspace, follow }: Applying,
  way: FoundWay,
): Promise<Upstream | null> {
  if (way.kind !== "remote") return null;
  const values = await openValues(env, workspace, follow, toPlace(way));
  const given = new Map([...values].map(([name, value]) => [name.toLowerCase(), value]));
  const names = [...way.required, ...way.optional].filter((name) => given.has(name.toLowerCase()));
  const credentials = names.map((name) => [name, given.get(name.toLowerCase()) ?? ""] as const);
  return { url: way.url, headers: way.headers, credentials: Object.fromEntries(credentials) };
}

/**
 * Why a server is not called: its headers cannot be set, or its address is another name of this gateway. Null: it is called,
 * or does not answer now.
 */
async function findProblem(
  env: Env,
  { url, headers, credentials }: Upstream,
): Promise<string | null> {
  for (const parsed of [parseHeaders("headers", headers), parseHeaders("credentials", credentials)])
    if (!parsed.ok) return parsed.problem;
  const budgets = budgetsOf(env);
  const options = { budgets: { ...budgets, firstByteMs: budgets.mergeMs }, ...egressOf(env) };
  const upstream = {
    url,
    headers: { ...headers, ...credentials },
    credentials: Object.keys(credentials),
  };
  const probed = await probe(upstream, false, options);
  if (probed.ok && probed.session) await closeUpstreamSession(upstream, probed.session, options);
  return !probed.ok && probed.error.code === "upstream_loop" ? `${probed.error.message}.` : null;
}

/** A name and slug that are free, from texts of a stranger. */
async function toNames({ db, workspace, proposal }: Applying, { title }: FoundEntry) {
  const servers = await listServers(db, workspace.id);
  const instances = await listInstances(db, workspace.id);
  const taken = new Set([...servers, ...instances].map(({ slug }) => slug));
  const name = DisplayName.safeParse(
    stripHidden(title ?? "")
      .replaceAll(/\s+/g, " ")
      .slice(0, 120),
  );
  const shortName = proposal.name.slice(proposal.name.indexOf("/") + 1);
  const slug = suggestSlug(shortName, "server", taken);
  return { slug, ...(name.success ? { name: name.data } : {}) };
}

/** Who is behind the credentials: the person who approved the plan. */
function personOf({ approvedBy, id }: FollowRow): string {
  return approvedBy ?? id;
}

function toProblem(outcome: ChangeResult): string | null {
  return outcome.ok ? null : outcome.refusal.message;
}

function describeInvalid(issues: { path: PropertyKey[]; message: string }[]): string {
  const [issue] = issues;
  return `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "not valid"}`;
}
