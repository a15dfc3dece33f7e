import type { z } from "zod";
import type { NewServer, ServerTest } from "../../../../workers/contract/api/server-test.ts";

/** Most bytes of the definitions that are sent with a new server: a request body has at most 1 MiB, with all of it. */
const MAX_BYTES = 900_000;

type Test = z.infer<typeof ServerTest>;

/** What the person saw, which is approved with the server. Empty after a failed test: the first look is. */
export function toSeenContract(test: Test): Pick<z.infer<typeof NewServer>, "contract"> {
  if (test.error) return {};
  return { contract: { definitions: isTooLarge(test) ? [] : toSeen(test) } };
}

/** Whether the definitions are too many to be sent. Nothing is approved with the server then. */
export function isTooLarge(test: Test): boolean {
  return new TextEncoder().encode(JSON.stringify(toSeen(test))).length > MAX_BYTES;
}

function toSeen({ definitions }: Test) {
  return definitions.map(({ kind, key, digest, json }) => ({ kind, key, digest, json }));
}
