import type { Db } from "../../db/database.ts";
import { readInstallSums } from "../../db/marketplace-installs.ts";
import { readProbeFacts, type ProbeFact } from "../../db/marketplace-probes.ts";
import { readReadmeChars } from "../../db/marketplace-readmes.ts";
import { readSignals, type SignalRow } from "../../db/marketplace-signals.ts";
import { toDay, WEEK_DAYS } from "../installs.ts";
import type { Figures, NpmFigures, PypiFigures, RepositoryFigures } from "./figures.ts";
import { toSubjectKey, type Subject } from "./subjects.ts";

/** What a service says of a subject. `figures` null: they are not known. */
export interface Signal<T extends Figures> extends Omit<SignalRow, "service" | "detail"> {
  figures: T | null;
}

/** What is known of a server besides its entries. */
export interface Evidence {
  /** Null: it has no repository on GitHub, or is not stored yet. */
  repository: Signal<RepositoryFigures> | null;
  npm: Signal<NpmFigures>[];
  pypi: Signal<PypiFigures>[];
  /** How often it was installed from this marketplace in the last 7 days. */
  installs: number;
  /** Length of its README, in characters; null: it was not fetched. */
  readmeChars: number | null;
  /** What the probes of its addresses say. */
  probes: ProbeFact[];
}

/** Of what something is known. `readme`: where its README can be; null: nowhere. */
interface Described {
  number: number;
  name: string;
  subjects: Subject[];
  readme: string | null;
}

/** Reads what is known of servers; the result returns it for each of them. `now`: epoch ms. */
export async function readEvidence(
  db: Db,
  servers: Described[],
  now: number,
): Promise<(server: Described) => Evidence> {
  const subjects = servers.flatMap((server) => server.subjects);
  const names = servers.map(({ name }) => name);
  const [signals, installs, readmes, probes] = await Promise.all([
    readSignals(db, subjects),
    readInstallSums(db, names, toDay(now) - WEEK_DAYS),
    readReadmeChars(
      db,
      servers.flatMap(({ readme }) => readme ?? []),
    ),
    readProbeFacts(
      db,
      servers.map(({ number }) => number),
    ),
  ]);
  const rows = new Map(signals.map((row) => [toSubjectKey(row), row]));
  return (server) => ({
    ...toEvidence(server.subjects.flatMap((subject) => rows.get(toSubjectKey(subject)) ?? [])),
    installs: installs.get(server.name) ?? 0,
    readmeChars: readmes.get(server.readme ?? "") ?? null,
    probes: probes.get(server.number) ?? [],
  });
}

/** Sorts what is stored of a server's subjects by service. */
export function toEvidence(rows: SignalRow[]): Pick<Evidence, "repository" | "npm" | "pypi"> {
  const of = <T extends Figures>(wanted: SignalRow["service"]): Signal<T>[] =>
    rows
      .filter(({ service }) => service === wanted)
      .map(({ service: _service, detail, ...row }) => ({
        ...row,
        // A cast: each service's step stores the figures of its kind.
        figures: detail === null ? null : (JSON.parse(detail) as T),
      }));
  return {
    repository: of<RepositoryFigures>("github")[0] ?? null,
    npm: of("npm"),
    pypi: of("pypi"),
  };
}
