import { createHmac } from "node:crypto";
import type { WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import {
  toSecretReference,
  UNKNOWN_REFERENCE,
  type ReferValue,
} from "../../workers/contract/versions/secret-url.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";
import { openReferenceKey } from "../../workers/crypto/workspace-key.ts";
import { logFailure } from "../../workers/runtime/log.ts";

/**
 * Makes references of the secrets in the URLs of one workspace. They depend on the workspace's key: a short password could be
 * found from a digest that anyone can compute.
 */
export class UrlReferences {
  readonly #readRing: () => KeyRing | string;
  #opened: { wrappedKey: string; refer: ReferValue } | null = null;

  constructor(readRing: () => KeyRing | string) {
    this.#readRing = readRing;
  }

  /** Opens the workspace's key once. If no master key opens it, every secret has the reference of an unknown one. */
  async open({ wrappedKey }: WorkspaceRecord): Promise<ReferValue> {
    if (this.#opened?.wrappedKey === wrappedKey) return this.#opened.refer;
    const ring = this.#readRing();
    if (typeof ring === "string") return () => UNKNOWN_REFERENCE;
    try {
      const key = await openReferenceKey(ring, wrappedKey);
      const refer: ReferValue = (value) =>
        toSecretReference(createHmac("sha256", key).update(value).digest("hex"));
      this.#opened = { wrappedKey, refer };
      return refer;
    } catch (error) {
      logFailure("workspace_key_unreadable", error);
      return () => UNKNOWN_REFERENCE;
    }
  }
}
