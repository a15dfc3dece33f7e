/**
 * What D1 says when it has reached its size or the account its storage, and what SQLite says of a full disk. There is no
 * code: D1's errors have a message only.
 */
const FULL = /exceeded maximum (DB size|account storage)|database or disk is full|SQLITE_FULL/i;

/** What a client reads of a change that a full database refuses. */
export const DATABASE_FULL_MESSAGE =
  "The database is full, and nothing was changed. The operator must make space; docs/storage.md says how.";

/** Whether D1 refused a statement because it is full. Such a statement, and its batch, changed nothing. */
export function isDatabaseFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (FULL.test(cause.message)) return true;
  return false;
}
