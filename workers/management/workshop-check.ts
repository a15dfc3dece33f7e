import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { checkAgainstEntries, listLookUps } from "../../client-config/check/check-entry.ts";
import { checkConfiguration } from "../../client-config/check/check.ts";
import type { Finding } from "../../client-config/finding.ts";
import { readConfiguration } from "../../client-config/read.ts";
import { checkServerDocument } from "../../client-config/server-document/check.ts";
import { isServerDocument } from "../../client-config/server-document/recognize.ts";
import {
  CheckInput,
  CheckResult,
  EndpointResults,
  EndpointsInput,
  EntriesInput,
  FoundEntries,
  type EndpointResult,
} from "../contract/api/workshop-check.ts";
import { ServerDocument } from "../contract/marketplace/server-document.ts";
import type { Db } from "../db/database.ts";
import { listServersLike, readListedDocuments } from "../db/marketplace-hidden.ts";
import { errorBody } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { probe } from "../upstream/probe.ts";
import { closeUpstreamSession } from "../upstream/upstream-sessions.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  BODY_ERRORS,
  jsonBody,
  jsonResponse,
  OPTIONAL_AUTHENTICATION,
  READ_ERRORS,
  refuseInvalid,
} from "./responses.ts";

/** Entries of one answer. A package can have several, of which a few are enough to say what it takes. */
const MAX_ENTRIES = 100;
/** Longest time for one address, and for a part of its handshake. */
const TOTAL_MS = 12_000;
const PART_MS = 4_000;
const MAX_PROBLEM = 300;
const LIMITED = `Too many checks of addresses. Try again in ${STRANGER_WAIT_SECONDS} seconds.`;

const tags = ["workshop"];

const check = createRoute({
  method: "post",
  path: "/workshop/check",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary:
    "Check the configuration file of a client, or a server.json. The text is neither stored nor logged; remove secrets from it first",
  request: { body: jsonBody(CheckInput) },
  responses: { 200: jsonResponse(CheckResult, "Findings"), ...READ_ERRORS, ...BODY_ERRORS },
});

const entries = createRoute({
  method: "post",
  path: "/workshop/entries",
  security: OPTIONAL_AUTHENTICATION,
  tags,
  summary:
    "Get the entries of packages and addresses, so that a configuration is checked where it is",
  request: { body: jsonBody(EntriesInput) },
  responses: { 200: jsonResponse(FoundEntries, "Entries"), ...READ_ERRORS, ...BODY_ERRORS },
});

const endpoints = createRoute({
  method: "post",
  path: "/workshop/check-endpoints",
  tags,
  summary: "Ask addresses whether an MCP server is there: the handshake only, without a credential",
  request: { body: jsonBody(EndpointsInput) },
  responses: { 200: jsonResponse(EndpointResults, "Results"), ...READ_ERRORS, ...BODY_ERRORS },
});

/** Routes of the workshop’s check. */
export const workshopCheck = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(check, async (c) => {
    const { text, client, fileName } = c.req.valid("json");
    if (client === undefined && isServerDocument(text, fileName)) {
      const findings = toAnswered(checkServerDocument(text));
      return c.json({ client: null, candidates: [], findings } satisfies CheckResult, 200);
    }
    const reading = readConfiguration(text, client, fileName);
    const found = await readEntries(c.var.db, listLookUps(reading.configuration.servers));
    const findings = [
      ...checkConfiguration(reading),
      ...checkAgainstEntries(
        reading,
        found.map(({ document }) => document),
      ),
    ];
    const result: CheckResult = {
      client: reading.client,
      candidates: [...reading.candidates],
      findings: toAnswered(findings),
    };
    return c.json(result, 200);
  })
  .openapi(entries, async (c) =>
    c.json({ items: await readEntries(c.var.db, c.req.valid("json")) }, 200),
  )
  .openapi(endpoints, async (c) => {
    const { urls } = c.req.valid("json");
    // Each address is a request that leaves the gateway, and counts as one of the person.
    const key = `check-endpoints:${c.var.actor}`;
    const passed = await Promise.all(urls.map(() => passesStrangerLimit(c.env, key)));
    if (passed.includes(false))
      return c.json(errorBody("rate_limited", LIMITED), 429, {
        "retry-after": String(STRANGER_WAIT_SECONDS),
      });
    const items = await Promise.all(urls.map((url) => askEndpoint(url, c.env)));
    return c.json({ items }, 200);
  });

/** Findings without the changes that cure them: those have values of the text. */
function toAnswered(findings: readonly Finding[]): CheckResult["findings"] {
  return findings.map(({ path, fix, ...finding }) => ({
    ...finding,
    path: [...path],
    fix: fix && { title: fix.title },
  }));
}

/** Makes the handshake with an address, and ends the session. Never throws. */
async function askEndpoint(url: string, env: Env): Promise<EndpointResult> {
  const budgets = budgetsOf(env);
  const limit = (ms: number) => Math.min(ms, PART_MS);
  const options = {
    ...egressOf(env),
    budgets: {
      ...budgets,
      connectMs: limit(budgets.connectMs),
      firstByteMs: limit(budgets.firstByteMs),
      idleMs: limit(budgets.idleMs),
      totalMs: Math.min(budgets.totalMs, TOTAL_MS),
    },
  };
  const peer = { url, headers: {} };
  const probed = await probe(peer, false, options);
  if (!probed.ok) {
    const { code, status, message } = probed.error;
    const isSkipped = code === "upstream_forbidden_address" || code === "upstream_loop";
    const isProtected = code === "upstream_unauthorized" || status === 402;
    const outcome = isSkipped ? "skipped" : isProtected ? "protected" : "failed";
    return {
      url,
      outcome,
      protocolVersion: null,
      problem: message.slice(0, MAX_PROBLEM).toWellFormed(),
    };
  }
  if (probed.session) await closeUpstreamSession(peer, probed.session, options);
  const { protocolVersion } = probed.detected;
  return { url, outcome: "answered", protocolVersion, problem: null };
}

async function readEntries(db: Db, { packages, urls }: EntriesInput) {
  if (packages.length === 0 && urls.length === 0) return [];
  const identifiers = packages.map((key) => key.slice(key.indexOf(":") + 1));
  const addresses = urls.map((url) => url.replace(/\/+$/, ""));
  const likeness = { packages: identifiers, addresses, publishers: [], repositories: [] };
  const found = await readListedDocuments(db, await listServersLike(db, likeness, MAX_ENTRIES));
  // The search finds packages by their words, so that some have other names.
  const names = new Set(identifiers);
  const hosts = new Set(addresses);
  return found.filter(({ document }) => {
    const parsed = ServerDocument.safeParse(document).data;
    return (
      parsed?.packages.some(({ identifier }) => names.has(identifier)) === true ||
      parsed?.remotes.some(({ url }) => hosts.has(url.replace(/\/+$/, ""))) === true
    );
  });
}
