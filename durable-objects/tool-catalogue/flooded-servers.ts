import { FLOOD_PAUSE_MS } from "../../workers/contract/limits.ts";

/** The servers that sent more change notifications than the gateway reads, and are not listened to for a while. In memory. */
export class FloodedServers {
  /** By server id, epoch ms. */
  readonly #until = new Map<string, number>();
  readonly #forgottenAt = new Map<string, number>();

  add(id: string, now: number): void {
    this.#until.set(id, now + FLOOD_PAUSE_MS);
  }

  /** Until when (epoch ms) the server is not listened to; null: it is. */
  pausedUntil(id: string, now: number): number | null {
    const until = this.#until.get(id) ?? 0;
    return until > now ? until : null;
  }

  /** An admin wants the server to be tried again at once. */
  forget(id: string, now: number): void {
    this.#until.delete(id);
    this.#forgottenAt.set(id, now);
  }

  /** When the server was forgotten last, epoch ms; 0: never. */
  forgottenAt(id: string): number {
    return this.#forgottenAt.get(id) ?? 0;
  }
}
