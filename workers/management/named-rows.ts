import type { Event, ToolCall } from "../contract/api/resources.ts";
import type { AuditEvent, CallRow } from "../contract/records/audit.ts";
import { toServerReference, type Names } from "../db/names.ts";
import { toSentence } from "./event-sentences.ts";

/** Adds the names of members and servers to rows, also those of removed members. */
export async function nameRows<T extends Pick<CallRow, "memberId" | "serverSlug">>(
  names: Names,
  rows: T[],
) {
  const serverOf = ({ serverSlug }: T) =>
    serverSlug === null ? null : toServerReference(serverSlug);
  await names.load(rows.flatMap((row) => [row.memberId, serverOf(row)]));
  return rows.map((row) => {
    const member = names.find(row.memberId);
    return {
      ...row,
      memberName: member?.name ?? null,
      hasMemberLeft: row.memberId !== null && (member?.isGone ?? true),
      serverName: names.find(serverOf(row))?.name ?? null,
    };
  });
}

/** Adds the names of member, token and server to calls. */
export async function nameCalls(names: Names, rows: CallRow[]): Promise<ToolCall[]> {
  await names.load(rows.map(({ tokenId }) => tokenId));
  const named = await nameRows(names, rows);
  return named.map((row) => ({ ...row, tokenLabel: names.find(row.tokenId)?.name ?? null }));
}

/** Adds the names of actor and object to events, and what happened as a sentence. */
export async function nameEvents(names: Names, events: AuditEvent[]): Promise<Event[]> {
  await names.load(
    events.flatMap(({ actor, object, detail }) => [
      toActor(actor),
      toReference(object),
      ...listMembers(detail),
    ]),
  );
  return events.map((event) => {
    const actor = names.find(toActor(event.actor));
    const named = {
      ...event,
      actorName: actor?.name ?? null,
      hasActorLeft: actor?.isGone ?? false,
      objectName: names.find(toReference(event.object))?.name ?? null,
    };
    return { ...named, summary: toSentence(named, (id) => names.find(id)?.name ?? "a member") };
  });
}

/** The members and users that a detail names by id. */
function listMembers({ memberId, members, approvedBy }: AuditEvent["detail"]): string[] {
  const named: unknown[] = Array.isArray(members) ? members : [memberId];
  const ids = [...named, approvedBy];
  return ids.filter((id) => typeof id === "string");
}

/** Events of earlier releases name a user as `user:<id>`. */
function toActor(actor: string): string {
  return actor.replace(/^user:/, "");
}

/** The reference of `Names` in an event's object, such as `member:mem_…` or `server:github`. */
function toReference(object: string): string {
  return object.startsWith("server:") ? object : object.slice(object.indexOf(":") + 1);
}
