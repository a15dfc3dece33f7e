import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  ContractDecision,
  ContractPatch,
  ContractSummary,
  LockImport,
  McpLock,
  ServerContract,
  SkillFiles,
  SkillFilesInput,
} from "../contract/api/contracts.ts";
import type { ContractScope, ContractState } from "../contract/rpc/contract-commands.ts";
import { escapeLine } from "../contract/text/hidden-characters.ts";
import { storeEvent } from "../db/events.ts";
import { findServer, listServers } from "../db/workspaces.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { workspacesOf } from "../runtime/objects.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import {
  compareImport,
  readMcpLock,
  toMcpLock,
  toServerContract,
  toSummary,
} from "./contract-views.ts";
import { listOtherTools, listToolNames } from "./other-tools.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";
import { compareSkillFiles } from "./skill-file-views.ts";

const tags = ["contracts"];
const MOVED_ON =
  "The server does not show this change of the skill any more, or it is decided already. Read the contract again.";
const params = z.object({ workspace: z.string() });
const serverParams = z.object({ workspace: z.string(), server: z.string() });
const decided = {
  200: jsonResponse(ServerContract, "The contract after the decision"),
  ...WRITE_ERRORS,
};

const get = createRoute({
  method: "get",
  path: "/{workspace}/servers/{server}/contract",
  tags,
  summary: "Get the approved definitions of a server, and what it shows that differs",
  request: { params: serverParams },
  responses: { 200: jsonResponse(ServerContract, "The contract"), ...READ_ERRORS },
});

const approve = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/contract/approve",
  tags,
  summary: "Approve changes as they were seen; one that has moved on refuses all",
  request: { params: serverParams, body: jsonBody(ContractDecision) },
  responses: decided,
});

const refuseChanges = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/contract/refuse",
  tags,
  summary: "Refuse changes as they were seen, until the server shows something else",
  request: { params: serverParams, body: jsonBody(ContractDecision) },
  responses: decided,
});

const readSkillFiles = createRoute({
  method: "post",
  path: "/{workspace}/servers/{server}/contract/skill-files",
  tags,
  summary:
    "Read the changed files of a skill at its server, and compare them with the approved ones",
  request: { params: serverParams, body: jsonBody(SkillFilesInput) },
  responses: { 200: jsonResponse(SkillFiles, "The files that differ"), ...WRITE_ERRORS },
});

const setPolicy = createRoute({
  method: "patch",
  path: "/{workspace}/servers/{server}/contract",
  tags,
  summary: "Set what happens when the server shows other definitions than the approved ones",
  request: { params: serverParams, body: jsonBody(ContractPatch) },
  responses: decided,
});

const list = createRoute({
  method: "get",
  path: "/{workspace}/contracts",
  tags,
  summary: "List the servers with the number and the worst severity of their changes, by position",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(ContractSummary), "The servers"), ...READ_ERRORS },
});

const exportLock = createRoute({
  method: "get",
  path: "/{workspace}/mcp.lock",
  tags,
  summary: "Export the approved contracts",
  request: { params },
  responses: { 200: jsonResponse(McpLock, "The contracts"), ...READ_ERRORS },
});

const importLock = createRoute({
  method: "put",
  path: "/{workspace}/mcp.lock",
  tags,
  summary:
    "Replace the contracts of the servers that the file names, or say what that would change",
  request: {
    params,
    query: z.object({ dryRun: z.enum(["true", "false"]).optional() }),
    body: jsonBody(McpLock),
  },
  responses: { 200: jsonResponse(LockImport, "What the import changes"), ...WRITE_ERRORS },
});

/** Routes for the contracts of servers. */
export const contracts = new OpenAPIHono<ManagementEnv>()
  .openapi(get, async (c) => {
    const view = await findContractView(c, c.req.valid("param").server);
    return view ? c.json(view, 200) : respondNotFound(c, "server");
  })
  .openapi(approve, async (c) => {
    const { server: slug } = c.req.valid("param");
    const { changes: seen } = c.req.valid("json");
    const { workspace } = c.var;
    const command = { type: "contract.approve", slug, seen } as const;
    const outcome = await change(c, workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    // The look keeps the texts of an approved skill before its server has other ones.
    const hasSkill = seen.some(({ kind, digest }) => kind === "skill" && digest !== null);
    const object = workspacesOf(c.env).getByName(workspace.slug);
    if (hasSkill) c.executionCtx.waitUntil(object.checkServer(outcome.result.server.id));
    const view = await findContractView(c, slug);
    return view ? c.json(view, 200) : respondNotFound(c, "server");
  })
  .openapi(refuseChanges, async (c) => {
    const { server: slug } = c.req.valid("param");
    const { changes: seen } = c.req.valid("json");
    const command = { type: "contract.refuse", slug, seen } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const view = await findContractView(c, slug);
    return view ? c.json(view, 200) : respondNotFound(c, "server");
  })
  .openapi(readSkillFiles, async (c) => {
    const { db, workspace, actor } = c.var;
    const record = await findServer(db, workspace.id, c.req.valid("param").server);
    if (!record) return respondNotFound(c, "server");
    const seen = c.req.valid("json");
    const object = workspacesOf(c.env).getByName(workspace.slug);
    const [read, tools] = await Promise.all([
      object.readSkillFiles(workspace.id, record.id, seen),
      listToolNames(c),
    ]);
    if (!read) return refuse(c, { code: "conflict", message: MOVED_ON });
    const { files } = read;
    const detail = { definitions: [`skill ${escapeLine(seen.key)}`], count: files.length };
    const target = `server:${record.slug}`;
    const event = makeAuditEvent(actor, "contract.skill_read", target, detail, workspace.id);
    await storeEvent(db, event);
    return c.json({ files: compareSkillFiles(files, listOtherTools(tools, record.slug)) }, 200);
  })
  .openapi(setPolicy, async (c) => {
    const { server: slug } = c.req.valid("param");
    const { policy: changePolicy } = c.req.valid("json");
    const command = { type: "contract.policy", slug, changePolicy } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const view = await findContractView(c, slug);
    return view ? c.json(view, 200) : respondNotFound(c, "server");
  })
  .openapi(list, async (c) => {
    const records = await listServers(c.var.db, c.var.workspace.id);
    const known = new Map(records.map((record) => [record.id, record]));
    const [states, tools] = await Promise.all([listStates(c, "changes"), listToolNames(c)]);
    const items = states.flatMap((state) => {
      const record = known.get(state.serverId);
      return record ? toSummary(state, record, listOtherTools(tools, record.slug)) : [];
    });
    return c.json({ items }, 200);
  })
  .openapi(exportLock, async (c) => c.json(toMcpLock(await listStates(c, "all")), 200))
  .openapi(importLock, async (c) => {
    const [listed, tools] = await Promise.all([listStates(c, "all"), listToolNames(c)]);
    const states = new Map(listed.map((state) => [state.slug, state]));
    const imported = readMcpLock(c.req.valid("json"), new Set(states.keys()));
    if (typeof imported === "string") return refuse(c, { code: "invalid", message: imported });
    const isDryRun = c.req.valid("query").dryRun === "true";
    const servers = imported.flatMap((contract) => {
      const state = states.get(contract.slug);
      if (!state) return [];
      const { slug, policy } = state;
      return { slug, policy, changes: compareImport(state, contract, listOtherTools(tools, slug)) };
    });
    if (isDryRun) return c.json({ isDryRun, servers }, 200);
    const command = { type: "contract.import", contracts: imported } as const;
    const outcome = await change(c, c.var.workspace.slug, command);
    return outcome.ok ? c.json({ isDryRun, servers }, 200) : refuse(c, outcome.refusal);
  });

function listStates(c: Context<ManagementEnv>, scope: ContractScope): Promise<ContractState[]> {
  const { slug, id } = c.var.workspace;
  return workspacesOf(c.env).getByName(slug).listContracts(id, scope);
}

async function findContractView(c: Context<ManagementEnv>, slug: string) {
  const { db, workspace } = c.var;
  const record = await findServer(db, workspace.id, slug);
  if (!record) return null;
  const [[state], tools] = await Promise.all([
    listStates(c, { serverId: record.id }),
    listToolNames(c),
  ]);
  if (!state) return null;
  return toServerContract(state, record.name, openNames(c), listOtherTools(tools, slug));
}
