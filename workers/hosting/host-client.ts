import { importJWK, jwtVerify } from "jose";
import { z } from "zod";
import {
  FLEET_SUBJECT,
  HOST_PROOF_TYPE,
  HostError,
  HostProof,
  HostStatus,
  Instance,
  Instances,
  type HostErrorCode,
  type InstanceRequest,
} from "../contract/hosting/host-protocol.ts";
import type { HostRecord } from "../contract/hosting/hosts.ts";
import { PackageVersions } from "../contract/hosting/package-versions.ts";
import { ServerCheckResult, type ServerCheckRequest } from "../contract/hosting/server-check.ts";
import { parseJson } from "../mcp/json.ts";
import { type Env } from "../runtime/env.ts";
import { egressOf } from "../upstream/egress.ts";
import { guardedFetch, type FetchResult, type UpstreamInit } from "../upstream/guarded-fetch.ts";
import { newJti } from "../upstream/host-network.ts";

/** The address of a container host. */
export type HostAddress = Pick<HostRecord, "id" | "url">;

/** A container host's response, or its refusal; `unreachable`: there is no usable response. */
export type HostResponse<T> =
  | { ok: true; value: T }
  | { ok: false; code: HostErrorCode | "unreachable"; message: string };

/** Time for a host to respond to a short request. */
const HOST_TIMEOUT_MS = 10_000;
/** A host responds to a deployment after 50 s at the latest. */
const DEPLOYMENT_TIMEOUT_MS = 60_000;
/** A host waits for its npm registry for 10 s. */
const REGISTRY_TIMEOUT_MS = 15_000;
/** Time for a host to stop an instance and delete its data. */
const REMOVAL_TIMEOUT_MS = 30_000;

/** A request to a container host. */
interface HostRequest {
  host: HostAddress;
  /** The workspace that the request is for, or `FLEET_SUBJECT`. */
  subject: string;
  /** Id of the request's token; random without it. */
  jti?: string;
  method: UpstreamInit["method"];
  path: string;
  body?: object;
  /** Time for the response headers. */
  withinMs?: number;
}

/** The ids of an instance. */
interface InstanceIds {
  workspaceId: string;
  instanceId: string;
}

const pathOf = ({ instanceId }: InstanceIds) => `/v1/instances/${instanceId}`;

/**
 * Deploys an instance on the host; resolves when it runs, has failed, or after 50 s. `forceRestart`: restarts an
 * instance that runs.
 */
export async function deployInstance(
  env: Env,
  host: HostAddress,
  { forceRestart, ...ids }: InstanceIds & { forceRestart: boolean },
  body: InstanceRequest,
): Promise<HostResponse<Instance>> {
  const path = pathOf(ids);
  const base = { host, subject: ids.workspaceId, body, withinMs: DEPLOYMENT_TIMEOUT_MS };
  if (forceRestart) {
    const restart = { ...base, method: "POST", path: `${path}/restart` } as const;
    const restarted = await requestHost(env, restart, Instance);
    if (restarted.ok || restarted.code !== "not_found") return restarted;
  }
  return requestHost(env, { ...base, method: "PUT", path }, Instance);
}

/** An instance as its host sees it; `not_found`: the host does not have it. */
export function findHostedInstance(
  env: Env,
  host: HostAddress,
  ids: InstanceIds,
): Promise<HostResponse<Instance>> {
  const request = { host, subject: ids.workspaceId, method: "GET", path: pathOf(ids) } as const;
  return requestHost(env, request, Instance);
}

/** Removes an instance with all its data; one that the host does not have counts as removed. */
export async function removeInstance(
  env: Env,
  host: HostAddress,
  ids: InstanceIds,
): Promise<HostResponse<null>> {
  const base = { host, subject: ids.workspaceId, withinMs: REMOVAL_TIMEOUT_MS };
  const request = { ...base, method: "DELETE", path: pathOf(ids) } as const;
  const result = await requestHost(env, request, z.null());
  return !result.ok && result.code === "not_found" ? { ok: true, value: null } : result;
}

/** All instances of a host, of every workspace. */
export async function listHostInstances(
  env: Env,
  host: HostAddress,
): Promise<HostResponse<Instance[]>> {
  const path = "/v1/instances";
  const request = { host, subject: FLEET_SUBJECT, method: "GET", path } as const;
  const result = await requestHost(env, request, Instances);
  return result.ok ? { ok: true, value: result.value.instances } : result;
}

/** A host's status, after proof that it has the key that it is registered with. */
export async function fetchHostStatus(
  env: Env,
  host: Pick<HostRecord, "id" | "url" | "publicKey">,
): Promise<HostResponse<HostStatus>> {
  const jti = newJti();
  const path = "/v1/host";
  const request = { host, subject: FLEET_SUBJECT, jti, method: "GET", path } as const;
  const result = await requestHost(env, request, HostStatus);
  if (!result.ok || (await isProof(result.value.proof, host, jti))) return result;
  const message =
    "The service at this address does not have the key that the host is registered with.";
  return { ok: false, code: "unreachable", message };
}

/** Has a host check a generated server; resolves after 40 s at the latest. */
export function checkServer(
  env: Env,
  host: HostAddress,
  body: ServerCheckRequest,
): Promise<HostResponse<ServerCheckResult>> {
  const base = { host, subject: FLEET_SUBJECT, body, withinMs: DEPLOYMENT_TIMEOUT_MS };
  return requestHost(
    env,
    { ...base, method: "POST", path: "/v1/server-checks" },
    ServerCheckResult,
  );
}

/** The versions of a catalogue entry's package that the npm registry of a host offers. */
export function listPackageVersions(
  env: Env,
  host: HostAddress,
  catalogueId: string,
): Promise<HostResponse<PackageVersions>> {
  const path = `/v1/packages/${catalogueId}`;
  const base = { host, subject: FLEET_SUBJECT, withinMs: REGISTRY_TIMEOUT_MS };
  return requestHost(env, { ...base, method: "GET", path }, PackageVersions);
}

/** Sets whether a host refuses new instances. */
export function setHostDraining(
  env: Env,
  host: HostAddress,
  isDraining: boolean,
): Promise<HostResponse<null>> {
  const base = { host, subject: FLEET_SUBJECT, body: { isDraining } };
  return requestHost(env, { ...base, method: "PUT", path: "/v1/host/draining" }, z.null());
}

/** An instance's state and log as an event stream, which the caller reads or relays. */
export function openLog(
  env: Env,
  host: HostAddress,
  ids: InstanceIds,
  { tail, follow }: { tail: number; follow: boolean },
): Promise<FetchResult> {
  const path = `${pathOf(ids)}/logs?tail=${tail}&follow=${follow ? 1 : 0}`;
  return send(env, { host, subject: ids.workspaceId, method: "GET", path });
}

async function requestHost<T>(
  env: Env,
  request: HostRequest,
  schema: z.ZodType<T>,
): Promise<HostResponse<T>> {
  return readResponse(await send(env, request), schema);
}

function send(env: Env, request: HostRequest): Promise<FetchResult> {
  const { host, subject, jti, method, path, body, withinMs = HOST_TIMEOUT_MS } = request;
  const init = body
    ? { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }
    : { method, headers: {} };
  const hosted = { hostId: host.id, subject, ...(jti === undefined ? {} : { jti }) };
  return guardedFetch(new URL(path, host.url).href, init, egressOf(env, hosted), withinMs);
}

async function readResponse<T>(sent: FetchResult, schema: z.ZodType<T>): Promise<HostResponse<T>> {
  if (!sent.ok) return { ok: false, code: "unreachable", message: `${sent.error.message}.` };
  const { response } = sent;
  // The body fails only with the connection to the host.
  const text = await response.text().catch(() => undefined);
  const content = text === "" ? null : parseJson(text ?? "");
  if (response.ok) {
    const parsed = schema.safeParse(content);
    if (parsed.success) return { ok: true, value: parsed.data };
  }
  const refusal = HostError.safeParse(content);
  if (refusal.success) return { ok: false, ...refusal.data.error };
  const message = `The service at this address (${response.status}) is not a container host of this version: check its URL, its tunnel and the Access service token.`;
  return { ok: false, code: "unreachable", message };
}

async function isProof(
  proof: string,
  { id, publicKey }: Pick<HostRecord, "id" | "publicKey">,
  jti: string,
): Promise<boolean> {
  try {
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x: publicKey }, "EdDSA");
    const { payload } = await jwtVerify(proof, key, {
      algorithms: ["EdDSA"],
      typ: HOST_PROOF_TYPE,
    });
    const claims = HostProof.parse(payload);
    return claims.hostId === id && claims.jti === jti;
  } catch {
    // Only a wrong proof or key fails here: both come from the host.
    return false;
  }
}
