import { createHash } from "node:crypto";
import { z } from "zod";
import { sealFixed, unsealFixed } from "./seal.ts";

const SealedTask = z.tuple([z.string(), z.string(), z.string().nullable(), z.string(), z.string()]);

/** A task on a server: what a later message needs to reach it, and the tool by whose rules the message is judged. */
export interface TaskOrigin {
  serverId: string;
  /** The server's URL when the task began: a task does not follow the server to another one. */
  url: string;
  /** The upstream session in which the task began, or the connection to an HTTP+SSE server; null: none. */
  sessionId: string | null;
  /** The server's own name of the tool. */
  tool: string;
  /** The server's own id of the task. */
  taskId: string;
}

/** Who can reach a task: the member that began it, with any of its tokens, or the workspace token. */
export interface TaskOwner {
  /** Slug of the workspace. */
  slug: string;
  memberId: string | null;
  tokenId: string;
}

/**
 * The id under which clients know a task. The task is sealed into it, so that nothing has to be stored, and the owner is
 * bound to it, so that no other principal can open it. The same task always has the same id, because clients compare ids.
 */
export function sealTaskId(ring: string, owner: TaskOwner, origin: TaskOrigin): string {
  const { serverId, url, sessionId, tool, taskId } = origin;
  const value: z.infer<typeof SealedTask> = [serverId, digest(url), sessionId, tool, taskId];
  return sealFixed(ring, "task", value, toPrincipal(owner));
}

/** The task that an id names; null: the id was not given to this owner. `urlOf`: the current URL of a server. */
export function openTaskId(
  ring: string,
  owner: TaskOwner,
  id: string,
  urlOf: (serverId: string) => string | undefined,
): TaskOrigin | null {
  const opened = SealedTask.safeParse(unsealFixed(ring, "task", id, toPrincipal(owner)));
  if (!opened.success) return null;
  const [serverId, urlDigest, sessionId, tool, taskId] = opened.data;
  const url = urlOf(serverId);
  if (url === undefined || digest(url) !== urlDigest) return null;
  return { serverId, url, sessionId, tool, taskId };
}

function toPrincipal({ slug, memberId, tokenId }: TaskOwner): string {
  return `${slug} ${memberId ?? tokenId}`;
}

/** Short, because the id is also sent as a header. */
function digest(url: string): string {
  return createHash("sha256").update(url).digest("base64url").slice(0, 8);
}
