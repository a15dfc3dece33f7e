import type { JobMessage } from "../contract/api/marketplace-signals.ts";
import type { SyncMessage } from "../contract/api/marketplace-sync.ts";
import type { AuditMessage } from "../contract/records/audit.ts";
import type { FollowMessage } from "../contract/records/followed-registry.ts";
import type { AuthFailuresRpc } from "../contract/rpc/auth-failures.ts";
import type { HttpSseSessionRpc } from "../contract/rpc/http-sse-session.ts";
import type { SuspendedCallRpc } from "../contract/rpc/suspended-call.ts";
import type { WorkspaceRpc } from "../contract/rpc/workspace-rpc.ts";

type WorkspaceObject = WorkspaceRpc & Rpc.DurableObjectBranded;

/** `change` has a result type for each command: the platform's stub type erases a method's type parameters. */
interface WorkspaceNamespace extends DurableObjectNamespace<WorkspaceObject> {
  getByName(
    name: string,
    options?: DurableObjectNamespaceGetDurableObjectOptions,
  ): Pick<WorkspaceRpc, "change"> & DurableObjectStub<WorkspaceObject>;
  jurisdiction(name: DurableObjectJurisdiction): WorkspaceNamespace;
}

/** The part of the binding of Workers AI that is used. */
export interface WorkersAi {
  run(model: string, input: object): Promise<unknown>;
}

/** The bindings of wrangler.toml, with the types that `wrangler types` cannot know. `settings.ts` checks the values. */
export interface Env {
  /** The deployment's name: `iss` of its tokens for container hosts. */
  DEPLOYMENT: string;
  DB: D1Database;
  WORKSPACES: WorkspaceNamespace;
  SUSPENDED_CALLS: DurableObjectNamespace<SuspendedCallRpc & Rpc.DurableObjectBranded>;
  HTTP_SSE_SESSIONS: DurableObjectNamespace<HttpSseSessionRpc & Rpc.DurableObjectBranded>;
  AUTH_FAILURES: DurableObjectNamespace<AuthFailuresRpc & Rpc.DurableObjectBranded>;
  /** The jurisdiction of all objects with data of workspaces: `eu`, `us` or `fedramp`; empty: none. */
  WORKSPACE_JURISDICTION: string;
  /** Limits requests with unknown credentials by client address; absent: only AuthFailures objects do. */
  STRANGER_LIMIT?: RateLimit;
  /** Limits requests for the marketplace without a credential by client address; absent: there is no limit. */
  VISITOR_LIMIT?: RateLimit;
  AUDIT_QUEUE: Queue<AuditMessage>;
  MARKETPLACE_QUEUE: Queue<SyncMessage | JobMessage | FollowMessage>;
  /** Bearer key of the management API; at least 32 characters. */
  MCPNEST_OPERATOR_KEY: string;
  /** Ring of master keys as JSON, newest first: `[{ "kid": "k1", "key": "<32 bytes, base64>" }]`. */
  MCPNEST_MASTER_KEYS: string;
  /** The gateway's Ed25519 key as JSON, `{ "kid", "x", "d" }`; absent: servers cannot be hosted. */
  MCPNEST_GATEWAY_KEY?: string;
  /** Access service token of the hosts' tunnels as JSON, `{ "id", "secret" }`; absent: the tunnels need none. */
  MCPNEST_HOST_ACCESS?: string;
  /** Comma-separated host names (with port) that the Worker serves; `*` where the platform already routes by host. */
  ALLOWED_HOSTS: string;
  /** Comma-separated browser origins that may call the gateway; empty: none. */
  ALLOWED_ORIGINS: string;
  /** Header with the client's address, which a trusted proxy overwrites; empty: the socket's address. */
  CLIENT_ADDRESS_HEADER: string;
  /** `true` allows upstream URLs with private and loopback addresses and with plain http. Never in a deployment. */
  ALLOW_PRIVATE_UPSTREAMS: string;
  /** Comma-separated ports that upstream URLs can have besides 443; empty: none. */
  UPSTREAM_PORTS: string;
  /**
   * The network for upstream requests, where the platform has no egress filter: self-hosted workerd checks the addresses
   * that names resolve to. Absent on Cloudflare, which reaches public addresses only.
   */
  EGRESS?: Fetcher;
  /** `https://<team>.cloudflareaccess.com` if Cloudflare Access protects this Worker; empty: it does not. */
  ACCESS_TEAM_DOMAIN: string;
  /** The audience tag of the Access application. */
  ACCESS_AUDIENCE: string;
  /** The dashboard's files; absent where another service serves them. */
  ASSETS?: Fetcher;
  /** The most gigabytes that D1 stores, for warnings before it is full. */
  DATABASE_MAX_GB: string;
  /** `true`: the marketplace can be read without a credential. */
  MARKETPLACE_PUBLIC: string;
  /** The API of the official registry, from which the marketplace is synced; empty: it is not. */
  MARKETPLACE_REGISTRY: string;
  /** The APIs that figures of repositories and packages are fetched from; empty: they are not. */
  MARKETPLACE_GITHUB: string;
  MARKETPLACE_NPM: string;
  MARKETPLACE_PYPI: string;
  /** Bearer token of GitHub's API, which responds to no request without one; absent or empty: GitHub is not asked. */
  GITHUB_TOKEN?: string;
  /** The server of the raw files of GitHub, from which READMEs are fetched; empty: none are. */
  MARKETPLACE_READMES: string;
  /** Which addresses of marketplace entries are probed: `off`, `public`, or `all` that ALLOW_PRIVATE_UPSTREAMS allows. */
  MARKETPLACE_PROBES: string;
  /** Key of Anthropic's Messages API, with which the workshop has servers written; absent or empty: it does not. */
  ANTHROPIC_API_KEY?: string;
  /** The model, and the API's address. */
  ANTHROPIC_MODEL: string;
  ANTHROPIC_BASE_URL: string;
  /** Workers AI, in place of ANTHROPIC_API_KEY, with the model WORKERS_AI_MODEL; absent: it is not used. */
  AI?: WorkersAi;
  WORKERS_AI_MODEL: string;
  /** Servers that a person can have generated in a day (UTC). */
  GENERATED_SERVERS_PER_DAY: string;
  /** `off`: servers are not published here. JSON with any of `PublishingServices`, to override the defaults; empty: none. */
  MARKETPLACE_PUBLISHING: string;
  /** The GitHub OAuth app with which people prove accounts as JSON, `{ "id", "secret" }`; absent: they cannot. */
  GITHUB_OAUTH_CLIENT?: string;
  /** The mail server for alerts, `smtps://user:password@host:465` or `smtp://…:587` (STARTTLS); absent or empty: none. */
  ALERT_SMTP?: string;
  /** The address that alerts come from. */
  ALERT_MAIL_FROM?: string;
  /** JSON with any of `Budgets`, to override the defaults; empty: none. */
  BUDGETS: string;
}
