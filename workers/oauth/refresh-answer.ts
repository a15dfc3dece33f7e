import { hkdfSync } from "node:crypto";
import { BASE64URL } from "../crypto/base64url.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import type { Db } from "../db/database.ts";
import { deleteOauthRecord, findOauthRecord, saveOauthRecord } from "../db/oauth-records.ts";

/** How long a refresh token that was used gets the same answer again, from its client. */
const KEPT_MS = 60_000;
/** A request that began to answer and does not finish has failed: another one takes its place. */
const TAKE_OVER_MS = 5_000;
const POLL_MS = 100;

const CIPHER = "AES-GCM";
const IV_BYTES = 12;

/**
 * The answer to the use of a refresh token. Programs that share one refresh token use it at the same time, and keep whichever
 * answer they get: each gets the same one, so that none holds a token that another answer has replaced.
 *
 * It is stored encrypted with a key that only the holder of the refresh token and of the client's credentials can derive.
 */
export class RefreshAnswer {
  readonly #db: Db;
  readonly #key: string;
  readonly #secret: Uint8Array;

  /** `credentials`: the refresh token, with all that authenticates the client. */
  constructor(db: Db, credentials: string) {
    this.#db = db;
    this.#key = `answer:${sha256Hex(credentials)}`;
    this.#secret = new Uint8Array(
      hkdfSync("sha256", credentials, "", "mcpnest refresh answer", 32),
    );
  }

  /** Returns the answer that the same request has got, also if it is still on its way; null: the caller is to answer. */
  async claim(): Promise<string | null> {
    const takeOverAt = Date.now() + TAKE_OVER_MS;
    for (;;) {
      const now = Date.now();
      const isTakeOver = now >= takeOverAt;
      if (await this.#save("", isTakeOver ? undefined : null)) return null;
      const found = await findOauthRecord(this.#db, this.#key, now);
      if (found && found.value !== "") return this.#open(found.value);
      await scheduler.wait(POLL_MS);
    }
  }

  /** Keeps the answer for requests with the same credentials. */
  async keep(answer: string): Promise<void> {
    await this.#save(await this.#seal(answer), undefined);
  }

  /** The caller has no answer to keep: the next request is to answer. */
  async release(): Promise<void> {
    await deleteOauthRecord(this.#db, this.#key);
  }

  #save(value: string, replaces: null | undefined): Promise<boolean> {
    const now = Date.now();
    const record = {
      key: this.#key,
      value,
      metadata: null,
      clientId: null,
      expiresAt: now + KEPT_MS,
    };
    return saveOauthRecord(this.#db, record, replaces, now);
  }

  async #seal(answer: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const text = new TextEncoder().encode(answer);
    const box = await crypto.subtle.encrypt({ name: CIPHER, iv }, await this.#importKey(), text);
    return new Uint8Array([...iv, ...new Uint8Array(box)]).toBase64(BASE64URL);
  }

  async #open(sealed: string): Promise<string> {
    const bytes = Uint8Array.fromBase64(sealed, BASE64URL);
    const [iv, box] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES)];
    const text = await crypto.subtle.decrypt({ name: CIPHER, iv }, await this.#importKey(), box);
    return new TextDecoder().decode(text);
  }

  #importKey(): Promise<CryptoKey> {
    return crypto.subtle.importKey("raw", this.#secret, CIPHER, false, ["encrypt", "decrypt"]);
  }
}
