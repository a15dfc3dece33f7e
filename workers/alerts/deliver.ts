import { HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import {
  claimDelivery,
  findChannel,
  findMailAddress,
  hasAlertsToDeliver,
  listWaiting,
  recordAttempt,
  spreadAlerts,
  type WaitingDelivery,
} from "../db/alerts.ts";
import { openDb, type Db } from "../db/database.ts";
import { findWorkspaceById } from "../db/workspaces.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";
import { openTarget } from "./channel-target.ts";
import { toMessage } from "./message.ts";
import { readMailSettings, sendMail, type MailSettings } from "./send-mail.ts";
import { sendToChannel } from "./send-to-channel.ts";

/** After this time an alert is not tried any more. */
const GIVEN_UP_AFTER_MS = 24 * HOUR_MS;
/** A run that ends early leaves its deliveries to a later one. */
const LEASE_MS = 2 * MINUTE_MS;
/** No attempt begins later than this, so that a run ends before the next but one begins. */
const BEGIN_WITHIN_MS = 50_000;
/** Channels and people at a time: an invocation has six connections that wait for a response. */
const AT_A_TIME = 5;
const LONGEST_PAUSE_MS = HOUR_MS;

/** The result of an attempt. `dropped`: the channel or person is not there any more. */
type Attempt = { kind: "sent" } | { kind: "dropped" } | { kind: "failed"; problem: string };

/**
 * Makes the deliveries of new alerts, and sends what is due. Each channel and person gets its alerts one after the other, so that they
 * arrive in order; one that is down keeps only its own waiting.
 */
export async function deliverAlerts(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  if (!(await hasAlertsToDeliver(db))) return;
  const mail = readMailSettings(env);
  await spreadAlerts(db, now, mail !== null);
  const waiting = await listWaiting(db);
  if (waiting.length === 0) return;
  const byTarget = [...Map.groupBy(waiting, ({ delivery }) => delivery.target).values()];
  const startedAt = Date.now();
  const next = async () => {
    for (;;) {
      const deliveries = byTarget.shift();
      if (!deliveries) return;
      await deliverInOrder({ env, db, mail }, deliveries, now, startedAt + BEGIN_WITHIN_MS);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, next));
}

interface Sender {
  env: Env;
  db: Db;
  mail: MailSettings | null;
}

async function deliverInOrder(
  sender: Sender,
  deliveries: WaitingDelivery[],
  now: number,
  until: number,
): Promise<void> {
  for (const waiting of deliveries) {
    const { delivery } = waiting;
    if (Date.now() > until || delivery.nextAt > now) return;
    if (!(await claimDelivery(sender.db, delivery, now, now + LEASE_MS))) return;
    const attempt = await send(sender, waiting);
    if (!(await record(sender.db, waiting, attempt, now))) return;
  }
}

/** Stores an attempt's result. False: the channel is down, and later ones wait. */
async function record(
  db: Db,
  { delivery, alert }: WaitingDelivery,
  attempt: Attempt,
  now: number,
): Promise<boolean> {
  if (attempt.kind !== "failed") {
    await recordAttempt(db, delivery, { state: attempt.kind, problem: null, endedAt: now });
    return true;
  }
  const { problem } = attempt;
  if (now - delivery.createdAt >= GIVEN_UP_AFTER_MS) {
    logEvent({ event: "alert_not_delivered", alert: alert.id, target: delivery.target });
    await recordAttempt(db, delivery, { state: "failed", problem, endedAt: now });
    return true;
  }
  await recordAttempt(db, delivery, { nextAt: now + toPause(delivery.attempts), problem });
  return false;
}

/** One minute, doubled with each attempt, up to an hour; a fifth more or less, so that not all come back at once. */
function toPause(attempts: number): number {
  const pause = Math.min(MINUTE_MS * 2 ** attempts, LONGEST_PAUSE_MS);
  return Math.round(pause * (0.8 + Math.random() * 0.4));
}

async function send({ env, db, mail }: Sender, waiting: WaitingDelivery): Promise<Attempt> {
  const { delivery, alert } = waiting;
  const workspace = await findWorkspaceById(db, alert.workspaceId);
  if (!workspace) return { kind: "dropped" };
  const message = toMessage(env, alert, workspace);
  if (delivery.way === "mail") {
    const address = await findMailAddress(db, delivery.target);
    if (address === undefined) return { kind: "dropped" };
    if (!mail) return { kind: "failed", problem: "This deployment does not send e-mail now." };
    return toAttempt(await sendMail(env, mail, address, message));
  }
  const channel = await findChannel(db, alert.workspaceId, delivery.target);
  if (!channel) return { kind: "dropped" };
  const target = await openTarget(env, workspace, channel);
  if (!target) return { kind: "failed", problem: "The channel's address cannot be decrypted." };
  return toAttempt(await sendToChannel(env, channel.kind, target, message));
}

function toAttempt(problem: string | null): Attempt {
  return problem === null ? { kind: "sent" } : { kind: "failed", problem };
}
