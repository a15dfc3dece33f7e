import { createHmac } from "node:crypto";
import { z } from "zod";
import { GatewayPrivateKey } from "../contract/hosting/host-protocol.ts";
import { DEFAULT_BUDGETS, type Budgets } from "../contract/limits.ts";
import { isMailAddress, readMailServer } from "../contract/mail-server.ts";
import { PublishingServices } from "../contract/marketplace/publishing-services.ts";
import { KeyRingSchema, listProblems, type MasterKey } from "../crypto/key-ring.ts";
import { parseJson } from "../mcp/json.ts";
import type { Env } from "./env.ts";
import { logEvent } from "./log.ts";

/** Milliseconds of one budget. */
const Ms = z.int("give milliseconds as a whole number").min(1, "give at least 1 ms");

const BudgetsVariable = z
  .strictObject({
    connectMs: Ms,
    firstByteMs: Ms,
    idleMs: Ms,
    totalMs: Ms,
    maxMs: Ms,
    mergeMs: Ms,
    keepAliveMs: Ms,
    bodyIdleMs: Ms,
    bodyTotalMs: Ms,
  })
  .partial();

const NonEmpty = z.string().min(1, "give a value");
const AccessToken = z.object({ id: NonEmpty, secret: NonEmpty });
const GithubOauthClient = z.strictObject({ id: NonEmpty, secret: NonEmpty });
const HOST = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const TEAM_DOMAIN = /^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/;

/** A port without leading zeros, as a URL names it. */
const isPort = (text: string) => /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;

/** Schema of a variable that is empty or a comma-separated list of values that pass the check. */
const listVariable = (isValid: (value: string) => boolean, message: string) =>
  z.string().refine((text) => text === "" || text.split(",").every(isValid), message);

/** Schema of a variable with the address of a service. */
const serviceVariable = (service: string) =>
  z
    .string("set it, to an empty text for none")
    .refine(
      (text) => text === "" || /^https?:\/\/[^?#]+$/.test(text),
      `give the https:// URL of ${service}, or an empty text for none`,
    );

/** Schema of a variable with JSON text; the value of an empty variable is null. */
const jsonVariable = <T extends z.ZodType>(content: T, message: string, isSecret = true) =>
  z.string("set it").transform((text, context): z.output<T> | null => {
    if (text === "") return null;
    const value = parseJson(text);
    const parsed = content.safeParse(value);
    if (parsed.success) return parsed.data;
    const problems =
      value === undefined ? "not JSON" : listProblems(parsed.error, { isSecret }).join("; ");
    context.addIssue({ code: "custom", message: `${message}: ${problems}` });
    return z.NEVER;
  });

/** Schema of the Worker's variables and secrets. `wrangler.toml` and `env.ts` describe their purpose. */
const Variables = z.object({
  MCPNEST_OPERATOR_KEY: z
    .string("set it")
    .refine((text) => text.trim().length >= 32, "give at least 32 characters"),
  MCPNEST_MASTER_KEYS: jsonVariable(
    KeyRingSchema,
    'give [{ "kid", "key" }, …] as JSON, newest first',
  ).refine((ring) => ring !== null, "set it"),
  ALLOWED_HOSTS: z
    .string("set it")
    .refine(
      (text) => text === "*" || text.split(",").every((host) => HOST.test(host)),
      "give lower-case host names with port, separated by commas without spaces, or *",
    ),
  ALLOWED_ORIGINS: listVariable(
    (value) => URL.canParse(value) && new URL(value).origin === value,
    "give origins such as https://app.example.com, separated by commas",
  ),
  CLIENT_ADDRESS_HEADER: z
    .string("set it, to an empty text for none")
    .refine((text) => text === "" || HEADER_NAME.test(text), "give the name of one header"),
  ALLOW_PRIVATE_UPSTREAMS: z.enum(["true", "false"], 'give "true" or "false"'),
  UPSTREAM_PORTS: listVariable(
    isPort,
    "give ports from 1 to 65535, separated by commas without spaces",
  ),
  DEPLOYMENT: z.string("set it").min(1, "give a name"),
  ACCESS_TEAM_DOMAIN: z
    .string()
    .refine(
      (text) => text === "" || TEAM_DOMAIN.test(text),
      "give https://<team>.cloudflareaccess.com without a path",
    ),
  ACCESS_AUDIENCE: z.string(),
  DATABASE_MAX_GB: z
    .string("set it")
    .refine((text) => Number(text) > 0, "give the most gigabytes that the database can have"),
  MARKETPLACE_REGISTRY: serviceVariable("the official registry"),
  MARKETPLACE_GITHUB: serviceVariable("GitHub's API"),
  MARKETPLACE_NPM: serviceVariable("npm's API for download counts"),
  MARKETPLACE_PYPI: serviceVariable("PyPI"),
  MARKETPLACE_READMES: serviceVariable("GitHub's raw files"),
  MARKETPLACE_PROBES: z.enum(["off", "public", "all"], 'give "off", "public" or "all"'),
  MARKETPLACE_PUBLISHING: z.union([
    z.literal("off"),
    jsonVariable(PublishingServices, "give addresses as JSON, or off", false),
  ]),
  GITHUB_OAUTH_CLIENT: jsonVariable(
    GithubOauthClient,
    'give { "id", "secret" } of a GitHub OAuth app as JSON',
  ).optional(),
  // Another character cannot be sent in a header.
  GITHUB_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]*$/, "give the token alone, without spaces and line breaks")
    .optional(),
  ANTHROPIC_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]*$/, "give the key alone, without spaces and line breaks")
    .optional(),
  ANTHROPIC_MODEL: z.string("set it").min(1, "give the name of a model"),
  ANTHROPIC_BASE_URL: z
    .string("set it")
    .regex(/^https?:\/\/[^?#]+$/, "give the https:// URL of Anthropic's API"),
  WORKERS_AI_MODEL: z.string("set it").min(1, "give the name of a model"),
  GENERATED_SERVERS_PER_DAY: z
    .string("set it")
    .regex(/^\d{1,4}$/, "give a whole number from 0 to 9999"),
  WORKSPACE_JURISDICTION: z.enum(
    ["", "eu", "us", "fedramp"],
    'give "eu", "us" or "fedramp", or an empty text for none',
  ),
  MARKETPLACE_PUBLIC: z.enum(["true", "false"], 'give "true" or "false"'),
  BUDGETS: jsonVariable(BudgetsVariable, "give JSON with budgets in milliseconds", false),
  ALERT_SMTP: z
    .string()
    .refine(
      (text) => text === "" || readMailServer(text) !== null,
      "give smtps://user:password@host:465 or smtp://user:password@host:587",
    )
    .optional(),
  ALERT_MAIL_FROM: z
    .string()
    .refine((text) => text === "" || isMailAddress(text), "give an e-mail address")
    .optional(),
  MCPNEST_GATEWAY_KEY: jsonVariable(
    GatewayPrivateKey,
    'give { "kid", "x", "d" } as JSON (npm run gateway-key makes one)',
  ).optional(),
  MCPNEST_HOST_ACCESS: jsonVariable(AccessToken, 'give { "id", "secret" } as JSON').optional(),
});

/** Thrown for an invalid environment. The message names each variable and what to do, and holds no value. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** The parsed variables that are not plain text. */
export interface Settings {
  budgets: Budgets;
  /** The most bytes that D1 stores. */
  databaseMaxBytes: number;
  /** Tells this deployment from others: 16 characters of base64url. It reveals nothing about the keys that it is made from. */
  gatewayId: string;
  /** Servers that a person can have generated in a day (UTC). */
  generatedServersPerDay: number;
  /** Signs requests to container hosts; null: servers cannot be hosted. */
  gatewayKey: GatewayPrivateKey | null;
  /** Whether the marketplace can be read without a credential. */
  isMarketplacePublic: boolean;
  /** Which addresses of marketplace entries are probed in the background. */
  marketplaceProbes: "off" | "public" | "all";
  /** The services that are asked when a server is published; null: servers are not published here. */
  publishing: PublishingServices | null;
  /** The GitHub OAuth app with which people prove accounts; null: there is none. */
  githubOauthClient: z.infer<typeof GithubOauthClient> | null;
  /** Where objects with data of workspaces run and store it; null: anywhere. */
  jurisdiction: DurableObjectJurisdiction | null;
  /** Access service token of the hosts' tunnels; null: the tunnels need none. */
  hostAccess: z.infer<typeof AccessToken> | null;
}

/** By environment: it is the same object for all requests of an isolate, so that each request costs one lookup. */
const known = new WeakMap<object, Settings | EnvironmentError>();

/**
 * The settings of an environment, parsed once per isolate.
 * @throws EnvironmentError when a variable is missing or wrong; the first time it is logged
 */
export function settingsOf(env: Env): Settings {
  let settings = known.get(env);
  if (!settings) {
    settings = parseEnvironment(env);
    if (settings instanceof EnvironmentError)
      logEvent({ event: "environment_invalid", problem: settings.message });
    known.set(env, settings);
  }
  if (settings instanceof EnvironmentError) throw settings;
  return settings;
}

/** The time budgets in force. */
export function budgetsOf(env: Env): Budgets {
  return settingsOf(env).budgets;
}

/** Of the master key, because every other variable can be the same in two deployments. */
function toGatewayId({ key }: MasterKey): string {
  const mac = createHmac("sha256", key).update("mcpnest gateway id");
  return mac.digest("base64url").slice(0, 16);
}

function parseEnvironment(env: Env): Settings | EnvironmentError {
  const parsed = Variables.safeParse(env);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    return new EnvironmentError(problems.join(". "));
  }
  const {
    BUDGETS,
    DATABASE_MAX_GB,
    GENERATED_SERVERS_PER_DAY,
    WORKSPACE_JURISDICTION,
    MARKETPLACE_PUBLIC,
    MARKETPLACE_PROBES,
    MARKETPLACE_PUBLISHING,
    GITHUB_OAUTH_CLIENT,
    MCPNEST_MASTER_KEYS,
    MCPNEST_GATEWAY_KEY,
    MCPNEST_HOST_ACCESS,
  } = parsed.data;
  const given = Object.entries(BUDGETS ?? {}).filter(([, ms]) => ms !== undefined);
  return {
    budgets: { ...DEFAULT_BUDGETS, ...Object.fromEntries(given) },
    databaseMaxBytes: Number(DATABASE_MAX_GB) * 1e9,
    generatedServersPerDay: Number(GENERATED_SERVERS_PER_DAY),
    gatewayId: toGatewayId(MCPNEST_MASTER_KEYS[0]),
    gatewayKey: MCPNEST_GATEWAY_KEY ?? null,
    isMarketplacePublic: MARKETPLACE_PUBLIC === "true",
    marketplaceProbes: MARKETPLACE_PROBES,
    publishing:
      MARKETPLACE_PUBLISHING === "off"
        ? null
        : (MARKETPLACE_PUBLISHING ?? PublishingServices.parse({})),
    githubOauthClient: GITHUB_OAUTH_CLIENT ?? null,
    jurisdiction: WORKSPACE_JURISDICTION === "" ? null : WORKSPACE_JURISDICTION,
    hostAccess: MCPNEST_HOST_ACCESS ?? null,
  };
}
