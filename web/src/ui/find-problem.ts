import type { z } from "zod";

/** The first problem of a failed parse as a sentence, of `field` if it is given; undefined if there is none. */
export function findProblem(
  { error }: z.ZodSafeParseResult<unknown>,
  field?: string,
): string | undefined {
  const issue = error?.issues.find(({ path }) => field === undefined || path[0] === field);
  return issue && `${issue.message[0]?.toUpperCase() ?? ""}${issue.message.slice(1)}.`;
}
