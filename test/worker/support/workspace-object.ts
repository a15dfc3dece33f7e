import { runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import type { Workspace } from "../../../durable-objects/workspace.ts";
import type { AuditMessage } from "../../../workers/contract/records/audit.ts";
import { bindings } from "./gateway-client.ts";

/**
 * Makes the object's queue refuse every message. `refused` has the messages that the object has tried to send; `restore`
 * makes the queue work again.
 */
export async function breakQueue(
  slug: string,
): Promise<{ refused: AuditMessage[]; restore: () => Promise<void> }> {
  const refused: AuditMessage[] = [];
  const restore = await replaceQueue(slug, (message) => {
    refused.push(message);
    return Promise.reject(new Error("the queue is down"));
  });
  return { refused, restore };
}

/** Makes the object's queue lose every message: it accepts and does not deliver it. */
export async function makeQueueLoseMessages(
  slug: string,
): Promise<{ lost: AuditMessage[]; restore: () => Promise<void> }> {
  const lost: AuditMessage[] = [];
  const restore = await replaceQueue(slug, (message) => {
    lost.push(message);
    return Promise.resolve();
  });
  return { lost, restore };
}

/** Sends the messages of a workspace elsewhere; returns what ends that. */
async function replaceQueue(
  slug: string,
  receive: (message: AuditMessage) => Promise<void>,
): Promise<() => Promise<void>> {
  const send = bindings.AUDIT_QUEUE.send.bind(bindings.AUDIT_QUEUE);
  const set = (queue: { send: (message: AuditMessage) => Promise<unknown> }) =>
    runInDurableObject(bindings.WORKSPACES.getByName(slug), (instance) => {
      // The object keeps the environment of its start, which other objects can share: only its content can change.
      Object.assign(Reflect.get(instance, "env"), { AUDIT_QUEUE: queue });
    });
  await set({
    send: (message) => (message.workspaceSlug === slug ? receive(message) : send(message)),
  });
  return () => set({ send });
}

/** Stops the object as a crash does: it loses its memory, with what `before` has changed there. */
export async function crash(
  slug: string,
  before: (instance: Workspace) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const stub = bindings.WORKSPACES.getByName(slug);
  const crashed = runInDurableObject(stub, async (instance, state) => {
    // A cast: the class of these objects.
    await before(instance as unknown as Workspace);
    await state.storage.sync();
    state.abort("crash");
  });
  await expect(crashed).rejects.toThrow("crash");
}

/** Returns a value of the object's table `meta`. */
export function readMeta(slug: string, key: string): Promise<unknown> {
  return runInDurableObject(bindings.WORKSPACES.getByName(slug), (_instance, state) => {
    const [row] = state.storage.sql.exec("SELECT value FROM meta WHERE key = ?", key);
    return row?.["value"];
  });
}
