/** A set whose keys are forgotten a fixed time after they were added. */
export class ExpiringSet {
  readonly #lifetimeMs: number;
  /** In the order of expiry. */
  readonly #expiresAt = new Map<string, number>();

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
  }

  add(key: string, now: number): void {
    this.#expiresAt.delete(key);
    for (const [expired, expiresAt] of this.#expiresAt) {
      if (expiresAt > now) break;
      this.#expiresAt.delete(expired);
    }
    this.#expiresAt.set(key, now + this.#lifetimeMs);
  }

  has(key: string, now: number): boolean {
    return (this.#expiresAt.get(key) ?? 0) > now;
  }
}
