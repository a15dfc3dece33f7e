import type { Context } from "hono";
import type { Version, VersionComparison } from "../contract/api/versions.ts";
import type { ConfigurationDocument } from "../contract/versions/document.ts";
import { toWholeVersion } from "../contract/versions/stored-parts.ts";
import { findContract } from "../db/contracts.ts";
import { findEvents } from "../db/events.ts";
import { findVersion, readVersionParts, type VersionHead } from "../db/versions.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import { compareContracts } from "./contract-views.ts";
import { nameEvents } from "./named-rows.ts";
import { listOtherTools, listToolNames } from "./other-tools.ts";

type C = Context<ManagementEnv>;

/** Versions as the API shows them: with the names and sentences of their events, as far as the audit log still has these. */
export async function describeVersions(c: C, heads: VersionHead[]): Promise<Version[]> {
  const { db, workspace } = c.var;
  const names = openNames(c);
  const ids = heads.flatMap(({ eventId }) => eventId ?? []);
  const events = await nameEvents(names, await findEvents(db, workspace.id, ids));
  const byId = new Map(events.map((event) => [event.id, event]));
  await names.load(heads.map(({ actor }) => actor));
  return heads.map((head) => {
    const event = byId.get(head.eventId ?? "");
    const actorName = event?.actorName ?? names.find(head.actor)?.name ?? null;
    return { ...head, actorName, summary: event?.summary ?? toFallback(head) };
  });
}

function toFallback({ eventId }: VersionHead): string {
  return eventId === null
    ? "The configuration before the first change of which versions are kept"
    : "A change of which the audit log has no event any more";
}

/** A version with its document; null: there is none of this number. */
export async function readWholeVersion(c: C, number: number) {
  const { db, workspace } = c.var;
  const head = await findVersion(db, workspace.id, number);
  const parts = head && (await readVersionParts(db, workspace.id, number));
  if (!head || !parts) return null;
  const names = openNames(c);
  await names.load(parts.flatMap(({ kind, id }) => (kind === "member" ? [id] : [])));
  const [version] = await describeVersions(c, [head]);
  if (!version) throw new Error("a list of one version has none");
  return { version, ...toWholeVersion(parts, (id) => names.find(id)?.name ?? null) };
}

/** How the approved definitions of servers differ between two versions, for servers that have some in one of them. */
export async function compareVersionContracts(
  c: C,
  before: ConfigurationDocument,
  after: ConfigurationDocument,
) {
  const digests = new Map(
    before.servers?.map(({ slug, contractDigest }) => [slug, contractDigest ?? null]),
  );
  const definitionsOf = async (digest: string | null) =>
    digest === null
      ? []
      : ((await findContract(c.var.db, c.var.workspace.id, digest))?.definitions ?? []);
  const tools = await listToolNames(c);
  const compared: VersionComparison["contracts"] = [];
  for (const { slug, contractDigest = null } of after.servers ?? []) {
    const old = digests.get(slug);
    if (old === undefined || old === contractDigest) continue;
    const [was, is] = [await definitionsOf(old), await definitionsOf(contractDigest)];
    const changes = compareContracts(was, is, listOtherTools(tools, slug));
    // Only the order, or what is refused, differs.
    if (changes.length > 0) compared.push({ slug, changes });
  }
  return compared;
}
