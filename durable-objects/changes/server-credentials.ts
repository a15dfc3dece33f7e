import { KEY_PLACE, type PerPerson } from "../../workers/contract/records/connection.ts";
import type { SealedHeader, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { ServerPatch } from "../../workers/contract/rpc/commands.ts";
import { parseHeaders } from "../../workers/upstream/upstream-headers.ts";
import { sealHeader, tryOpenWorkspaceKey } from "../credentials/encryption.ts";
import type { ChangeContext } from "./change-decision.ts";

/** Of shorter secrets the last four characters are not stored: they reveal too much of them. */
const MIN_LENGTH_TO_SHOW_END = 12;

/** A server's credentials after a change, with the names of those that it sets, or a sentence about what is invalid. */
type BuiltCredentials =
  | { ok: true; credentials: SealedHeader[]; namesSet: string[] }
  | { ok: false; problem: string };

/** The server whose credentials change: its URL before, and the origin of its URL afterwards. */
interface Place {
  serverId: string;
  url: string;
  origin: string;
}

/**
 * Applies a patch to a server's credentials and seals new ones. Those that stay are bound to the origin that they were
 * entered for. `context.actor`: the person who enters them.
 */
export async function buildCredentials(
  config: WorkspaceConfig,
  { serverId, url, origin }: Place,
  stored: SealedHeader[],
  patch: ServerPatch,
  context: ChangeContext,
): Promise<BuiltCredentials | "unreadable_key"> {
  const invalid = (problem: string): BuiltCredentials => ({ ok: false, problem });
  const secret = parseHeaders("credentials", patch.credentials ?? {});
  if (!secret.ok) return invalid(secret.problem);
  // Against exfiltration: a credential is only sent to the origin that it was entered for, even if the URL changes.
  const isSameOrigin = url !== "" && origin === new URL(url).origin;
  const kept = isSameOrigin ? stored.filter(({ name }) => !secret.headers.has(name)) : [];
  const toSeal = [...secret.headers].flatMap(([name, value]) =>
    value === null ? [] : [{ name, value: value.trim() }],
  );
  const empty = toSeal.find(({ value }) => value === "");
  if (empty) return invalid(`credentials.${empty.name}: give a value, or null to remove it.`);
  const sealed = await sealHeaders(config, { serverId, origin }, toSeal, context);
  if (!sealed) return "unreadable_key";
  const credentials = [...kept, ...sealed];
  const expiries = new Map(
    Object.entries(patch.credentialsExpireAt ?? {}).map(([name, at]) => [name.toLowerCase(), at]),
  );
  const unknown = [...expiries.keys()].find((name) => !credentials.some((c) => c.name === name));
  if (unknown !== undefined)
    return invalid(`credentialsExpireAt.${unknown}: the server has no such credential.`);
  return {
    ok: true,
    credentials: credentials.map((credential) => withExpiry(credential, expiries, context.actor)),
    namesSet: toSeal.map(({ name }) => name),
  };
}

/** What each person brings, with the header's name in lower case; or a sentence about what is invalid. */
export function parsePerPerson(perPerson: PerPerson | null): PerPerson | null | string {
  if (perPerson?.kind !== "key") return perPerson;
  const { header, template } = perPerson;
  const parsed = parseHeaders("credentials", { [header]: template });
  if (!parsed.ok)
    return `perPerson.header: ${parsed.problem.slice(parsed.problem.indexOf(": ") + 2)}`;
  if (template.split(KEY_PLACE).length !== 2)
    return `perPerson.template: must have ${KEY_PLACE} once, in the place of a person’s key.`;
  return { kind: "key", header: header.toLowerCase(), template };
}

function withExpiry(
  credential: SealedHeader,
  expiries: ReadonlyMap<string, number | null>,
  actor: string,
): SealedHeader {
  const expiresAt = expiries.get(credential.name);
  if (expiresAt === undefined) return credential;
  const { expiresAt: _, expirySetBy: _by, ...rest } = credential;
  return expiresAt === null ? rest : { ...rest, expiresAt, expirySetBy: actor };
}

/** Null: the workspace's key cannot be opened. */
async function sealHeaders(
  { workspace }: WorkspaceConfig,
  place: { serverId: string; origin: string },
  credentials: { name: string; value: string }[],
  { ring, now, actor }: ChangeContext,
): Promise<SealedHeader[] | null> {
  if (credentials.length === 0) return [];
  const key = await tryOpenWorkspaceKey(ring, workspace.wrappedKey);
  if (!key) return null;
  return Promise.all(
    credentials.map(async ({ name, value }) => ({
      name,
      sealed: await sealHeader(key, { workspaceId: workspace.id, ...place, header: name }, value),
      lastFour: value.length < MIN_LENGTH_TO_SHOW_END ? "" : value.slice(-4),
      setAt: now,
      setBy: actor,
    })),
  );
}
