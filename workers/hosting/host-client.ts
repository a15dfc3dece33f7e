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
import { BASE64URL } from "../crypto/base64url.ts";
import { type Env } from "../runtime/env.ts";
import { egressOf } from "../upstream/egress.ts";
import { guardedFetch, type FetchResult, type UpstreamInit } from "../upstream/guarded-fetch.ts";

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

/** Deploys an instance on the host; resolves when it runs, has failed, or after 50 s. `anew`: restarts one that runs. */
export async function deployInstance(
  env: Env,
  host: HostAddress,
  { workspaceId, instanceId, anew }: { workspaceId: string; instanceId: string; anew: boolean },
  request: InstanceRequest,
): Promise<HostResponse<Instance>> {
  const path = `/v1/instances/${instanceId}`;
  const body = JSON.stringify(request);
  const sendDeployment = (init: Pick<UpstreamInit, "method">, at: string) =>
    requestHost(env, host, workspaceId, { ...init, body }, at, Instance, DEPLOYMENT_TIMEOUT_MS);
  if (anew) {
    const restarted = await sendDeployment({ method: "POST" }, `${path}/restart`);
    if (restarted.ok || restarted.code !== "not_found") return restarted;
  }
  return sendDeployment({ method: "PUT" }, path);
}

/** An instance as its host sees it; `not_found`: the host does not have it. */
export function findHostedInstance(
  env: Env,
  host: HostAddress,
  workspaceId: string,
  instanceId: string,
): Promise<HostResponse<Instance>> {
  const path = `/v1/instances/${instanceId}`;
  return requestHost(env, host, workspaceId, { method: "GET" }, path, Instance);
}

/** Removes an instance with all its data; one that the host does not have counts as removed. */
export async function removeInstance(
  env: Env,
  host: HostAddress,
  workspaceId: string,
  instanceId: string,
): Promise<HostResponse<null>> {
  const path = `/v1/instances/${instanceId}`;
  const result = await requestHost(
    env,
    host,
    workspaceId,
    { method: "DELETE" },
    path,
    z.null(),
    30_000,
  );
  return !result.ok && result.code === "not_found" ? { ok: true, value: null } : result;
}

/** All instances of a host, of every workspace. */
export async function listHostInstances(
  env: Env,
  host: HostAddress,
): Promise<HostResponse<Instance[]>> {
  const init = { method: "GET" } as const;
  const result = await requestHost(env, host, FLEET_SUBJECT, init, "/v1/instances", Instances);
  return result.ok ? { ok: true, value: result.value.instances } : result;
}

/** A host's status, after proof that it has the key that it is registered with. */
export async function fetchHostStatus(
  env: Env,
  host: Pick<HostRecord, "id" | "url" | "publicKey">,
): Promise<HostResponse<HostStatus>> {
  const jti = crypto.getRandomValues(new Uint8Array(16)).toBase64(BASE64URL);
  const hosted = { hostId: host.id, subject: FLEET_SUBJECT, jti };
  const sent = await send(env, host, hosted, { method: "GET" }, "/v1/host", HOST_TIMEOUT_MS);
  const result = await readResponse(sent, HostStatus);
  if (!result.ok || (await isProof(result.value.proof, host, jti))) return result;
  const message =
    "The service at this address does not have the key that the host is registered with.";
  return { ok: false, code: "unreachable", message };
}

/** Sets whether a host refuses new instances. */
export function setHostDraining(
  env: Env,
  host: HostAddress,
  isDraining: boolean,
): Promise<HostResponse<null>> {
  const init = { method: "PUT", body: JSON.stringify({ isDraining }) } as const;
  return requestHost(env, host, FLEET_SUBJECT, init, "/v1/host/draining", z.null());
}

/** An instance's state and log as an event stream, which the caller reads or relays. */
export function openLog(
  env: Env,
  host: HostAddress,
  { workspaceId, instanceId }: { workspaceId: string; instanceId: string },
  { tail, follow }: { tail: number; follow: boolean },
): Promise<FetchResult> {
  const path = `/v1/instances/${instanceId}/logs?tail=${tail}&follow=${follow ? 1 : 0}`;
  const hosted = { hostId: host.id, subject: workspaceId };
  return send(env, host, hosted, { method: "GET" }, path, HOST_TIMEOUT_MS);
}

async function requestHost<T>(
  env: Env,
  host: HostAddress,
  subject: string,
  init: Pick<UpstreamInit, "method" | "body">,
  path: string,
  schema: z.ZodType<T>,
  withinMs = HOST_TIMEOUT_MS,
): Promise<HostResponse<T>> {
  const sent = await send(env, host, { hostId: host.id, subject }, init, path, withinMs);
  return readResponse(sent, schema);
}

function send(
  env: Env,
  host: HostAddress,
  hosted: { hostId: string; subject: string; jti?: string },
  init: Pick<UpstreamInit, "method" | "body">,
  path: string,
  withinMs: number,
): Promise<FetchResult> {
  const headers: Record<string, string> =
    init.body === undefined ? {} : { "content-type": "application/json" };
  const url = new URL(path, host.url).href;
  return guardedFetch(url, { ...init, headers }, egressOf(env, hosted), withinMs);
}

async function readResponse<T>(sent: FetchResult, schema: z.ZodType<T>): Promise<HostResponse<T>> {
  if (!sent.ok) return { ok: false, code: "unreachable", message: `${sent.error.message}.` };
  const { response } = sent;
  const content = await response.text().then(parseJson, () => undefined);
  if (response.ok) {
    const parsed = schema.safeParse(content);
    if (parsed.success) return { ok: true, value: parsed.data };
  }
  const refusal = HostError.safeParse(content);
  if (refusal.success) return { ok: false, ...refusal.data.error };
  const message = `The service at this address (${response.status}) is not a container host of this version: check its URL, its tunnel and the Access service token.`;
  return { ok: false, code: "unreachable", message };
}

/** An empty body counts as null. */
function parseJson(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
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
