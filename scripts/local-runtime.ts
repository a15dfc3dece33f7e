import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { getCACertificates } from "node:tls";
import { fileURLToPath } from "node:url";
import {
  convertV4MiniflareOptions,
  CoreHeaders,
  Miniflare,
  NoOpLog,
  type WorkerdStructuredLog,
} from "miniflare";
import type { ShutdownRequest } from "../workers/contract/rpc/shutdown.ts";
import { METADATA_RANGES } from "../workers/runtime/public-address.ts";
import { withTimeout } from "../workers/runtime/with-timeout.ts";
import { matchesCron } from "./cron.ts";
import type { WorkerBundle } from "./worker-bundle.ts";

/** Name of the Worker that serves only the dashboard's files. */
const DASHBOARD = "dashboard";
/** Name of the Worker through which documents of OAuth clients are fetched. */
const DOCUMENTS = "documents";
/** Durable Objects that store nothing. workerd makes a file for each of them all the same, and never deletes it. */
const WITHOUT_STORAGE = ["AuthFailures", "HttpSseSession", "SuspendedCall"];
/** Time that calls in flight have to end when the gateway stops. */
const CALLS_END_MS = 1_000;
/** Time for the whole orderly stop. Afterwards workerd is ended with what is not settled. */
const SETTLE_MS = 8_000;

/** As in wrangler.toml, but rows are in the dashboard a second after the call: D1 has no other work here. */
const QUEUE_CONSUMERS = {
  "mcpnest-audit": { maxBatchSize: 100, maxBatchTimeout: 1, maxRetries: 3, retryDelay: 30 },
  "mcpnest-marketplace": { maxBatchSize: 1, maxBatchTimeout: 0, maxRetries: 3, retryDelay: 30 },
};

/** What only a caller that asks for it does: tests and measurements never reach the internet by themselves. */
const WITHOUT_NETWORK = {
  MARKETPLACE_REGISTRY: "",
  MARKETPLACE_GITHUB: "",
  MARKETPLACE_NPM: "",
  MARKETPLACE_PYPI: "",
  MARKETPLACE_READMES: "",
  MARKETPLACE_PROBES: "off",
  MARKETPLACE_PUBLISHING: "off",
};

/** Options of `startRuntime`. */
export interface RuntimeOptions {
  bundle: WorkerBundle;
  port: number;
  /** Folder of D1 and the Durable Objects. */
  stateDir: string;
  /** Variables and secrets; they override those of wrangler.toml. */
  bindings: Record<string, string>;
  onLog: (log: WorkerdStructuredLog) => void;
  /** Called as soon as requests are served: from then on a stop must settle calls. */
  onServing?: (runtime: Runtime) => void;
}

/** A running gateway. */
export interface Runtime {
  url: string;
  /** Fires every cron trigger whose expression matches the minute of `at`; `only`: just this one of them. */
  runCrons(at: Date, only?: string): Promise<void>;
  /** Settles the calls in flight and the call log, then stops workerd; open streams are cut. */
  stop(): Promise<void>;
}

/**
 * Migrates D1 and serves the production bundle on 127.0.0.1. The Worker listens directly on a socket, because
 * miniflare's entry Worker and `wrangler dev` cost several times as much CPU as the gateway.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const startedAt = Date.now();
  reportSocketAddress();
  shieldFromTerminal();
  const { workerOptions, dashboard, migrations, crons } = options.bundle;
  await removeEmptyDatabases(options.stateDir, workerOptions.name ?? "");
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      workers: [
        {
          ...workerOptions,
          queueConsumers: QUEUE_CONSUMERS,
          bindings: { ...workerOptions.bindings, ...WITHOUT_NETWORK, ...options.bindings },
          serviceBindings: {
            EGRESS: makeNetwork(["public", "private"]),
            // A separate Worker: assets of the gateway's Worker would add a lookup to every request.
            ASSETS: DASHBOARD,
          },
          // What the platform's `fetch` reaches: only the library of the authorization server uses it, for documents of
          // clients that strangers name.
          outboundService: DOCUMENTS,
          unsafeDirectSockets: [{ host: "127.0.0.1", port: options.port }],
        },
        makeDocumentsWorker(options.bindings),
        {
          name: DASHBOARD,
          modules: true,
          scriptPath: fileURLToPath(new URL("compressed-files.mjs", import.meta.url)),
          assets: {
            ...dashboard,
            binding: "FILES",
            run_worker_first: true,
            routerConfig: { has_user_worker: true },
          },
          // This process reaches a Worker's entry point only through a binding of another Worker.
          serviceBindings: { SHUTDOWN: { name: workerOptions.name ?? "", entrypoint: "Shutdown" } },
        },
      ],
    }),
    log: new NoOpLog(),
    cf: false,
    handleStructuredLogs: options.onLog,
    resourcePersistencePath: options.stateDir,
  });
  await miniflare.ready;
  const url = await miniflare.unsafeGetDirectURL(workerOptions.name);
  const runtime: Runtime = {
    url: url.origin,
    async runCrons(at, only) {
      const worker = await miniflare.getWorker();
      const due = crons.filter((cron) => matchesCron(cron, at) && cron === (only ?? cron));
      await Promise.all(due.map((cron) => worker.scheduled({ cron, scheduledTime: at })));
    },
    async stop() {
      await settle(miniflare, { startedAt, graceMs: CALLS_END_MS }).catch((error: unknown) =>
        console.error("The stop has not settled every call:", error),
      );
      await miniflare.dispose();
    },
  };
  options.onServing?.(runtime);
  await migrate(miniflare, migrations);
  return runtime;
}

/** Its network is narrower than that of upstreams: of private places only this machine, and only where upstreams may be there. */
function makeDocumentsWorker({ ALLOW_PRIVATE_UPSTREAMS }: Record<string, string>) {
  const allow = ALLOW_PRIVATE_UPSTREAMS === "true" ? ["public", "local"] : ["public"];
  return {
    name: DOCUMENTS,
    modules: true,
    script: "export default { fetch: (request, env) => env.NETWORK.fetch(request) };",
    serviceBindings: { NETWORK: makeNetwork(allow) },
  } as const;
}

/** Direct network access: miniflare's default adds a Worker to every upstream request. */
function makeNetwork(allow: string[]) {
  return {
    network: {
      allow,
      // Also under a name that leads there.
      deny: METADATA_RANGES,
      // Without TLS options, workerd opens no TLS connection. "extra": the file of NODE_EXTRA_CA_CERTS, for a
      // server with a certificate of the team's own authority.
      tlsOptions: {
        trustBrowserCas: true,
        trustedCertificates: getCACertificates("extra"),
      },
    },
  };
}

/** Throws when it fails or takes too long. */
async function settle(miniflare: Miniflare, request: ShutdownRequest): Promise<void> {
  const bindings = await miniflare.getBindings<{ SHUTDOWN: Pick<typeof globalThis, "fetch"> }>(
    DASHBOARD,
  );
  // A fetch: miniflare would block this process while it waits for the result of an RPC.
  const settled = bindings.SHUTDOWN.fetch("http://shutdown", {
    method: "POST",
    body: JSON.stringify(request),
  });
  const response = await withTimeout(settled, SETTLE_MS);
  if (response === "late") throw new Error(`no response within ${SETTLE_MS} ms`);
  if (!response.ok) throw new Error(`status ${response.status}; the log has the cause`);
}

/**
 * Against spoofed client addresses: miniflare fills `request.cf` from a request header. Without a name for that header,
 * workerd fills `request.cf.clientIp` from the socket.
 */
function reportSocketAddress(): void {
  Object.assign(CoreHeaders, { CF_BLOB: undefined });
}

/** Has miniflare run workerd by a script that ignores a terminal's signals. Windows has neither them nor the shell. */
function shieldFromTerminal(): void {
  if (process.platform === "win32") return;
  const fromMiniflare = createRequire(import.meta.resolve("miniflare"));
  const { default: workerd } = fromMiniflare("workerd") as { default: string };
  process.env["MCPNEST_WORKERD"] = workerd;
  process.env["MINIFLARE_WORKERD_PATH"] = fileURLToPath(new URL("workerd.sh", import.meta.url));
}

/** Removes the files of Durable Objects that store nothing. */
async function removeEmptyDatabases(stateDir: string, worker: string): Promise<void> {
  for (const className of WITHOUT_STORAGE)
    await rm(join(stateDir, "do", `${worker}-${className}`), { recursive: true, force: true });
}

/** Applies new migrations and records them in the same table as `wrangler d1 migrations apply`. */
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
    const recordMigration = db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    await db.batch([...queries.map((query) => db.prepare(query)), recordMigration]);
  }
}
