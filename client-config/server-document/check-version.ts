import type { Path } from "../model.ts";
import type { Problem } from "./check-schema.ts";
import { toQuote } from "./json-value.ts";

/** Ranges as npm, PyPI and others write them. */
const RANGE = /^\s*(?:[\^~]|[<>=!]=?)|\|\||\s-\s|(?:^|\.)[x*](?:\.|$)|^\*$|,\s*[<>=!]/i;
const BARE = /^[\^~>=v\s]*(\d[\w.+-]*)$/;

/** A version that is none, or many. `of`: whose version it is. */
export function checkExactVersion(version: string, path: Path, of: string): Problem[] {
  const isLatest = version.trim().toLowerCase() === "latest";
  if (!isLatest && !RANGE.test(version)) return [];
  const exact = BARE.exec(version)?.[1];
  const isOne = exact !== undefined && !/[x*]/i.test(exact);
  return [
    {
      rule: "version-range",
      severity: "high",
      path,
      message: `The version of ${of} is ${isLatest ? "“latest”" : `a range, ${toQuote(version)}`}.`,
      why: "What people install would change without a new version. Registries refuse it.",
      fix: isOne ? { title: `Use ${exact}`, edits: [{ path, value: exact }] } : null,
    },
  ];
}
