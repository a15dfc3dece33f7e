/** A token or API key; instants in epoch ms, null: not revoked, does not expire. */
export interface Revocable {
  revokedAt: number | null;
  expiresAt: number | null;
}

/** Whether a token or API key is neither revoked nor expired. */
export function isActive({ revokedAt, expiresAt }: Revocable, now: number): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > now);
}
