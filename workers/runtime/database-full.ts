/**
 * What D1 says when it has reached its size or the account its storage, and what SQLite says of a full disk. There is no
 * code: D1's errors have a message only.
 */
const FULL = /exceeded maximum (DB size|account storage)|database or disk is full|SQLITE_FULL/i;

/** What a client reads of a change that a full database refuses. */
export const DATABASE_FULL_MESSAGE =
  "The database is full, and nothing was changed. The operator must make space; docs/storage.md says how.";

/** D1's messages begin so. Those with a code of SQLite are mostly about the statement, which is wrong the next time, too. */
const DOWN = /^D1_(EXEC_)?ERROR(?!.*SQLITE_(ERROR|CONSTRAINT|MISMATCH|TOOBIG|RANGE))/s;

/** What a client reads while the database does not answer. */
export const DATABASE_DOWN_MESSAGE =
  "The database does not answer now. Try again in a few seconds; if that goes on, tell the operator.";

/** Whether D1 did not execute a statement because it is overloaded, restarts or cannot be reached. */
export function isDatabaseDown(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (DOWN.test(cause.message)) return true;
  return false;
}

/** Whether D1 refused a statement because it is full. Such a statement, and its batch, changed nothing. */
export function isDatabaseFull(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (FULL.test(cause.message)) return true;
  return false;
}
