import {
  convertV4MiniflareOptions,
  CoreHeaders,
  Miniflare,
  NoOpLog,
  type WorkerdStructuredLog,
} from "miniflare";
import { cronMatches } from "./cron.ts";
import type { WorkerBundle } from "./worker-bundle.ts";

/** The Worker that serves the dashboard's files, and nothing else. */
const DASHBOARD = "dashboard";

export interface RuntimeOptions {
  bundle: WorkerBundle;
  port: number;
  /** Folder for D1 and Durable Objects. */
  stateDir: string;
  /** Variables and secrets, in place of those in wrangler.toml. */
  bindings: Record<string, string>;
  onLog: (log: WorkerdStructuredLog) => void;
}

export interface Runtime {
  url: string;
  /** Fires every cron trigger whose expression matches the minute of `at`. */
  runCrons(at: Date): Promise<void>;
  /** Ends workerd; running streams are cut. */
  stop(): Promise<void>;
}

/**
 * Serves the production bundle on 127.0.0.1, with D1 migrated. The Worker listens on a socket of its own: miniflare's
 * entry Worker and `wrangler dev` would cost several times what the gateway does.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  reportSocketAddress();
  const { workerOptions, dashboard, migrations, crons } = options.bundle;
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      workers: [
        {
          ...workerOptions,
          bindings: { ...workerOptions.bindings, ...options.bindings },
          serviceBindings: {
            // Straight to workerd's network: miniflare's own way out is a Worker more on every upstream request.
            EGRESS: { network: { allow: ["public", "private"], deny: [] } },
            // Asked only for the dashboard's files: as the Worker's own, they would stand before every request.
            ASSETS: DASHBOARD,
          },
          unsafeDirectSockets: [{ host: "127.0.0.1", port: options.port }],
        },
        { name: DASHBOARD, modules: true, script: "", assets: dashboard },
      ],
    }),
    log: new NoOpLog(),
    cf: false,
    handleStructuredLogs: options.onLog,
    resourcePersistencePath: options.stateDir,
  });
  await miniflare.ready;
  await migrate(miniflare, migrations);
  const url = await miniflare.unsafeGetDirectURL(workerOptions.name);
  return {
    url: url.origin,
    async runCrons(at) {
      const worker = await miniflare.getWorker();
      const due = crons.filter((cron) => cronMatches(cron, at));
      await Promise.all(due.map((cron) => worker.scheduled({ cron, scheduledTime: at })));
    },
    stop: () => miniflare.dispose(),
  };
}

/**
 * Miniflare lets a request header fill `request.cf`, so that anybody could name the client's address. Without a name for
 * that header workerd fills `request.cf.clientIp` itself, from the socket.
 */
function reportSocketAddress(): void {
  Object.assign(CoreHeaders, { CF_BLOB: undefined });
}

/** Applies what is missing, with the same bookkeeping as `wrangler d1 migrations apply`. */
async function migrate(
  miniflare: Miniflare,
  migrations: WorkerBundle["migrations"],
): Promise<void> {
  const db = await miniflare.getD1Database("DB");
  await db
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));
  for (const { name, queries } of migrations.filter((migration) => !applied.has(migration.name))) {
    const book = db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    await db.batch([...queries.map((query) => db.prepare(query)), book]);
  }
}
