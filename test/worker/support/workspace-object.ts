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
  const stub = bindings.WORKSPACES.getByName(slug);
  const send = bindings.AUDIT_QUEUE.send.bind(bindings.AUDIT_QUEUE);
  const refused: AuditMessage[] = [];
  const set = (queue: { send: (message: AuditMessage) => Promise<unknown> }) =>
    runInDurableObject(stub, (instance) => {
      // The object reads its bindings from the instance's `env`.
      Object.assign(instance, { env: { ...bindings, AUDIT_QUEUE: queue } });
    });
  await set({
    send: (message) => {
      refused.push(message);
      return Promise.reject(new Error("the queue is down"));
    },
  });
  return { refused, restore: () => set({ send }) };
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
