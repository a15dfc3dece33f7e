import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { toAlertPage, toAlertText } from "../alerts/alert-text.ts";
import { makeTarget, openTarget, sealTarget } from "../alerts/channel-target.ts";
import { toTestMessage } from "../alerts/message.ts";
import { readMailSettings } from "../alerts/send-mail.ts";
import { sendToChannel } from "../alerts/send-to-channel.ts";
import {
  AlertChannel,
  AlertChannelInput,
  AlertChannelPatch,
  AlertChoices,
  AlertChoicesInput,
  Alerts,
  AlertTest,
  DEFAULT_MAIL_KINDS,
  NewAlertChannel,
  type Alert,
} from "../contract/api/alerts.ts";
import { newId } from "../crypto/ids.ts";
import {
  countWaiting,
  deleteChannel,
  findChannel,
  findChoices,
  insertChannel,
  listAlerts,
  listChannels,
  listDeliveries,
  saveChoices,
  updateChannel,
  type AlertRow,
  type ChannelRow,
} from "../db/alerts.ts";
import { findMember } from "../db/members.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import {
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["alerts"];
/** Each alert is one request for each channel. */
const MAX_CHANNELS = 10;

const params = z.object({ workspace: z.string() });
const channelParams = z.object({ workspace: z.string(), channel: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/alerts",
  tags,
  summary: "List the workspace's alerts, newest first, with how they were delivered",
  request: { params, query: z.object(PAGING_QUERY) },
  responses: { 200: jsonResponse(Alerts, "A page of alerts"), ...READ_ERRORS },
});

const channels = createRoute({
  method: "get",
  path: "/{workspace}/alert-channels",
  tags,
  summary: "List the channels to which alerts are sent; their addresses are not shown",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(AlertChannel), "The channels"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/alert-channels",
  tags,
  summary:
    "Add a webhook or an incoming webhook of Slack; only this response has the signing secret",
  request: { params, body: jsonBody(AlertChannelInput) },
  responses: { 201: jsonResponse(NewAlertChannel, "The channel"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/alert-channels/{channel}",
  tags,
  summary: "Change a channel's name or kinds, or switch it off and on",
  request: { params: channelParams, body: jsonBody(AlertChannelPatch) },
  responses: { 200: jsonResponse(AlertChannel, "The channel"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/alert-channels/{channel}",
  tags,
  summary: "Remove a channel; what waits for it is not sent",
  request: { params: channelParams },
  responses: { 204: { description: "The channel is removed" }, ...WRITE_ERRORS },
});

const test = createRoute({
  method: "post",
  path: "/{workspace}/alert-channels/{channel}/test",
  tags,
  summary: "Send a test alert to a channel now",
  request: { params: channelParams },
  responses: { 200: jsonResponse(AlertTest, "Whether it has arrived"), ...WRITE_ERRORS },
});

const getChoices = createRoute({
  method: "get",
  path: "/{workspace}/me/alert-choices",
  tags,
  summary: "Get which alerts you get by e-mail",
  request: { params },
  responses: { 200: jsonResponse(AlertChoices, "Your choices"), ...READ_ERRORS },
});

const setChoices = createRoute({
  method: "put",
  path: "/{workspace}/me/alert-choices",
  tags,
  summary: "Choose which alerts you get by e-mail",
  request: { params, body: jsonBody(AlertChoicesInput) },
  responses: { 200: jsonResponse(AlertChoices, "Your choices"), ...WRITE_ERRORS },
});

/** Routes for alerts. */
export const alerts = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const { db, workspace } = c.var;
    const offset = parseCursor(cursor) ?? 0;
    const rows = await listAlerts(db, workspace.id, { limit: limit + 1, offset });
    const items = await toViews(c, rows.slice(0, limit));
    return c.json({ items, nextCursor: rows.length > limit ? String(offset + limit) : null }, 200);
  })
  .openapi(channels, async (c) => {
    const { db, workspace } = c.var;
    const waiting = await countWaiting(db, workspace.id);
    const rows = await listChannels(db, workspace.id);
    const items = rows.map((row) => toChannel(row, waiting.get(row.id) ?? 0));
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace, actor, person } = c.var;
    const { kind, name, url, kinds } = c.req.valid("json");
    const problem = checkUpstreamUrl(url, egressOf(c.env));
    if (problem !== null) return refuse(c, { code: "invalid", message: `url: ${problem}` });
    if ((await listChannels(db, workspace.id)).length >= MAX_CHANNELS) return refuse(c, TOO_MANY);
    const id = newId("alc");
    const made = makeTarget(kind, url);
    const target = await sealTarget(c.env, workspace, id, made);
    const { host } = new URL(url);
    const common = { id, workspaceId: workspace.id, kind, name, target, host, kinds };
    const row = { ...common, isEnabled: true, createdAt: Date.now(), createdBy: person };
    await insertChannel(db, row, toEvent(actor, "created", row));
    return c.json({ ...toChannel(row, 0), secret: made.secret }, 201);
  })
  .openapi(update, async (c) => {
    const { db, workspace, actor } = c.var;
    const row = await findChannel(db, workspace.id, c.req.valid("param").channel);
    if (!row) return respondNotFound(c, "channel");
    const given = Object.entries(c.req.valid("json")).filter(([, value]) => value !== undefined);
    // A cast: they are fields of the patch, which are the row's.
    const changed = Object.fromEntries(given) as Partial<ChannelRow>;
    const after = { ...row, ...changed };
    if (given.length > 0)
      await updateChannel(db, row.id, changed, toEvent(actor, "updated", after));
    const waiting = await countWaiting(db, workspace.id);
    return c.json(toChannel(after, waiting.get(row.id) ?? 0), 200);
  })
  .openapi(remove, async (c) => {
    const { db, workspace, actor } = c.var;
    const row = await findChannel(db, workspace.id, c.req.valid("param").channel);
    if (!row) return respondNotFound(c, "channel");
    await deleteChannel(db, row.id, toEvent(actor, "deleted", row));
    return c.body(null, 204);
  })
  .openapi(test, async (c) => {
    const { db, workspace } = c.var;
    const row = await findChannel(db, workspace.id, c.req.valid("param").channel);
    if (!row) return respondNotFound(c, "channel");
    const target = await openTarget(c.env, workspace, row);
    const message = toTestMessage(workspace, newId("alt"));
    const problem = target
      ? await sendToChannel(c.env, row.kind, target, message)
      : "The channel's address cannot be decrypted.";
    return c.json({ problem }, 200);
  })
  .openapi(getChoices, async (c) => c.json(await readChoices(c), 200))
  .openapi(setChoices, async (c) => {
    await saveChoices(c.var.db, requireMemberId(c), c.req.valid("json").kinds);
    return c.json(await readChoices(c), 200);
  });

const TOO_MANY = {
  code: "conflict",
  message: `A workspace has at most ${MAX_CHANNELS} channels: remove one first.`,
} as const;

async function readChoices(c: Context<ManagementEnv>): Promise<AlertChoices> {
  const { db, workspace, role } = c.var;
  const memberId = requireMemberId(c);
  const chosen = await findChoices(db, memberId);
  const ofRole = role === "auditor" ? [] : DEFAULT_MAIL_KINDS;
  const member = await findMember(db, workspace.id, memberId);
  const isMailOn = readMailSettings(c.env) !== null;
  return { kinds: chosen ?? ofRole, email: member?.email ?? null, isMailOn };
}

async function toViews(c: Context<ManagementEnv>, rows: AlertRow[]): Promise<Alert[]> {
  const { db, workspace } = c.var;
  const deliveries = await listDeliveries(
    db,
    rows.map(({ id }) => id),
  );
  const names = new Map((await listChannels(db, workspace.id)).map(({ id, name }) => [id, name]));
  const people = openNames(c);
  await people.load(deliveries.map(({ target }) => target));
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    text: toAlertText(row),
    page: toAlertPage(workspace.slug, row),
    count: row.count,
    createdAt: row.createdAt,
    deliveries: deliveries
      .filter(({ alertId }) => alertId === row.id)
      .map(({ way, target, state, attempts, problem }) => ({
        way,
        to: names.get(target) ?? people.find(target)?.name ?? null,
        state,
        attempts,
        problem,
      })),
  }));
}

/** API view of a channel: neither its address nor its secret. */
function toChannel(row: ChannelRow, waiting: number): AlertChannel {
  const { id, kind, name, host, kinds, isEnabled, createdAt } = row;
  return { id, kind, name, host, kinds, isEnabled, createdAt, waiting };
}

function toEvent(
  actor: string,
  verb: "created" | "updated" | "deleted",
  { id, workspaceId, kind, name, host, kinds, isEnabled }: ChannelRow,
) {
  const detail = { kind, name, host, kinds, isEnabled };
  return makeAuditEvent(actor, `alert_channel.${verb}`, `channel:${id}`, detail, workspaceId);
}
