import type { ServerSignals } from "../../contract/api/marketplace-signals.ts";
import type { ServerDocument } from "../../contract/marketplace/server-document.ts";
import { DAY_MS } from "../../contract/units.ts";
import type { Db } from "../../db/database.ts";
import { readSignals, wantSubjects, type SignalRow } from "../../db/marketplace-signals.ts";
import type { Env } from "../../runtime/env.ts";
import { toEvidence, type Evidence } from "./evidence.ts";
import { listAskedServices } from "./services.ts";
import { toSubjects } from "./subjects.ts";

/** Figures of this age are good enough for a reader. */
const OLD_MS = DAY_MS;

/**
 * Returns the figures of a server's repository and packages, and `refresh` if some are old: it has them asked for first.
 */
export async function readServerSignals(
  db: Db,
  env: Env,
  document: ServerDocument,
): Promise<{ signals: ServerSignals; refresh: (() => Promise<void>) | null }> {
  const rows = await readSignals(db, toSubjects(document));
  const now = Date.now();
  const asked = new Set(listAskedServices(env));
  const old = rows.filter(
    ({ service, checkedAt, isGone }) =>
      asked.has(service) && !isGone && (checkedAt ?? 0) < now - OLD_MS,
  );
  return {
    signals: toSignals(toEvidence(rows)),
    refresh: old.length === 0 ? null : () => wantSubjects(db, old, now),
  };
}

function toSignals({
  repository,
  npm,
  pypi,
}: Pick<Evidence, "repository" | "npm" | "pypi">): ServerSignals {
  const common = ({ checkedAt, isGone }: Pick<SignalRow, "checkedAt" | "isGone">) => ({
    checkedAt,
    isGone,
  });
  const figures = repository?.figures ?? null;
  return {
    repository: repository && {
      repository: repository.subject,
      ...common(repository),
      servers: repository.servers,
      stars: figures?.stars ?? null,
      forks: figures?.forks ?? null,
      lastCommitAt: figures?.lastCommitAt ?? null,
      latestReleaseAt: figures?.releases[0] ?? null,
      isArchived: figures?.isArchived ?? null,
      licence: figures?.licence ?? null,
      readmeBytes: figures?.readmeBytes ?? null,
    },
    packages: [
      ...npm.map((signal) => ({
        registry: "npm" as const,
        name: signal.subject,
        ...common(signal),
        weeklyDownloads: signal.figures?.weeklyDownloads ?? null,
        latestReleaseAt: null,
      })),
      ...pypi.map((signal) => ({
        registry: "pypi" as const,
        name: signal.subject,
        ...common(signal),
        weeklyDownloads: null,
        latestReleaseAt: signal.figures?.releases[0] ?? null,
      })),
    ],
  };
}
