import { onTestFinished, vi } from "vitest";
import { bindings } from "./gateway-client.ts";

/** Statements that need space. Deletions need none. */
const WRITES = /^\s*(insert|update|replace)\b/i;

/** Makes D1 refuse what needs space, as it does at its maximum size, until the test ends or the result is called. */
export function fillDatabase(): () => void {
  return refuseStatements(WRITES, "D1_ERROR: Exceeded maximum DB size");
}

/** Makes D1 answer no statement, until the test ends or the result is called. */
export function breakDatabase(): () => void {
  return refuseStatements(/^/, "D1_ERROR: Network connection lost.");
}

function refuseStatements(which: RegExp, message: string): () => void {
  // D1 as the Worker and its objects share it.
  const database: D1Database = Object.getPrototypeOf(bindings.DB);
  const prepare: D1Database["prepare"] = Reflect.get(database, "prepare");
  const spy = vi.spyOn(database, "prepare").mockImplementation(function (this: D1Database, text) {
    if (which.test(text)) throw new Error(message);
    return prepare.call(this, text);
  });
  const empty = () => {
    spy.mockRestore();
  };
  onTestFinished(empty);
  return empty;
}
