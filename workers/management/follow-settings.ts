import type { Context } from "hono";
import type { FollowInput, FollowPatch } from "../contract/api/followed-registries.ts";
import type { FollowRow } from "../db/followed-registries.ts";
import {
  applyValues,
  isRegistryPlace,
  TOKEN_NAME,
  toRegistryPlace,
  type GivenValue,
} from "../marketplace/follow/secrets.ts";
import { toBaseUrl } from "../marketplace/sync/source-address.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";
import type { ManagementEnv } from "./authorize.ts";

/** Of what was not read yet: it is read at once, and nothing is approved. */
export const UNREAD = {
  approvedAt: null,
  approvedBy: null,
  phase: "idle" as const,
  attempt: 0,
  problem: null,
  checkedAt: null,
  nextRunAt: 0,
};
/** A follow before its settings are read. */
export const NEW_FOLLOW = {
  ...UNREAD,
  url: "",
  pattern: "",
  host: "",
  secrets: [],
  addsEntries: false,
  appliesChanges: false,
  run: 0,
  step: 0,
  cursor: "",
  pages: 0,
  leaseUntil: 0,
};

type Settings = Pick<
  FollowRow,
  "url" | "pattern" | "host" | "secrets" | "addsEntries" | "appliesChanges"
>;
type ReadSettings =
  | { ok: true; settings: Settings; detail: Record<string, unknown> }
  | { ok: false; code: "invalid" | "conflict"; problem: string };

/** The settings of a follow after an input, with what the audit log says of it; or why the input is refused. */
export async function toSettings(
  c: Context<ManagementEnv>,
  follow: FollowRow,
  { url, pattern, token, values = [], automatic }: FollowPatch,
  follows: FollowRow[],
): Promise<ReadSettings> {
  const address = url === undefined ? follow.url : toBaseUrl(url);
  const names = pattern ?? follow.pattern;
  const problem = checkUpstreamUrl(address, egressOf(c.env));
  if (problem !== null) return { ok: false, code: "invalid", problem: `url: ${problem}.` };
  const isSame = (one: FollowRow) => one.url === address && one.pattern === names;
  if (follows.some((one) => one.id !== follow.id && isSame(one)))
    return {
      ok: false,
      code: "conflict",
      problem: "url: the workspace follows this registry with the same pattern already.",
    };
  const place = toRegistryPlace(address);
  const given = toGivenValues(values);
  if (token !== undefined) given.push({ place, name: TOKEN_NAME, value: token });
  const secrets = await applyValues(c.env, c.var.workspace, follow, given, c.var.person);
  const detail = {
    ...(address === follow.url ? {} : { url: address }),
    ...(names === follow.pattern ? {} : { pattern: names }),
    ...(automatic === undefined ? {} : { automatic }),
    ...describeValues(given),
  };
  return {
    ok: true,
    settings: {
      url: address,
      pattern: names,
      host: c.req.header("host") ?? "",
      // The token of another registry is deleted.
      secrets: secrets.filter((one) => !isRegistryPlace(one.place) || one.place === place),
      addsEntries: automatic?.additions ?? follow.addsEntries,
      appliesChanges: automatic?.changes ?? follow.appliesChanges,
    },
    detail,
  };
}

/** The values of an input, by the places where they may be sent. */
function toGivenValues(values: FollowInput["values"] & {}): GivenValue[] {
  return values.map(({ for: place, name, value }) => ({ place, name, value }));
}

/** What the audit log says of given values: their names and places. */
function describeValues(given: GivenValue[]) {
  const describe = ({ place, name }: GivenValue) =>
    isRegistryPlace(place) ? "the token" : `${name} for ${place}`;
  const set = given.filter(({ value }) => value !== null).map(describe);
  const removed = given.filter(({ value }) => value === null).map(describe);
  return {
    ...(set.length > 0 ? { valuesSet: set } : {}),
    ...(removed.length > 0 ? { valuesRemoved: removed } : {}),
  };
}
