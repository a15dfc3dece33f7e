/** What ends by itself or by hand: a token or a key. Instants in epoch ms. */
export interface Revocable {
  revokedAt: number | null;
  expiresAt: number | null;
}

/** Whether a token or key still opens anything. */
export function isLive({ revokedAt, expiresAt }: Revocable, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
