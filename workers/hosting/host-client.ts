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
import { type Env } from "../runtime/env.ts";
import { egressOf } from "../upstream/egress.ts";
import { guardedFetch, type FetchResult, type UpstreamInit } from "../upstream/guarded-fetch.ts";

/** Where a host is. */
export type HostAddress = Pick<HostRecord, "id" | "url">;

export type HostAnswer<T> =
  | { ok: true; value: T }
  | { ok: false; code: HostErrorCode | "unreachable"; message: string };

const CLIENT_RESPONSE_TIMEOUT_MS = 10_000;
/** A host answers a deployment after 50 s at the latest. */
const DEPLOYED_WITHIN_MS = 60_000;

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/** Makes it so that the host runs this; answers when it runs, has failed, or after 50 s. `anew`: even if it does. */
export async function deployInstance(
  env: Env,
  host: HostAddress,
  { workspaceId, instanceId, anew }: { workspaceId: string; instanceId: string; anew: boolean },
  request: InstanceRequest,
): Promise<HostAnswer<Instance>> {
  const path = `/v1/instances/${instanceId}`;
  const body = JSON.stringify(request);
  const ask = (init: Pick<UpstreamInit, "method">, at: string) =>
    askHost(env, host, workspaceId, { ...init, body }, at, Instance, DEPLOYED_WITHIN_MS);
  if (anew) {
    const restarted = await ask({ method: "POST" }, `${path}/restart`);
    if (restarted.ok || restarted.code !== "not_found") return restarted;
  }
  return ask({ method: "PUT" }, path);
}

export function findHostedInstance(
  env: Env,
  host: HostAddress,
  workspaceId: string,
  instanceId: string,
): Promise<HostAnswer<Instance>> {
  const path = `/v1/instances/${instanceId}`;
  return askHost(env, host, workspaceId, { method: "GET" }, path, Instance);
}

/** Removes everything of an instance; what is gone already counts as removed. */
export async function removeInstance(
  env: Env,
  host: HostAddress,
  workspaceId: string,
  instanceId: string,
): Promise<HostAnswer<null>> {
  const path = `/v1/instances/${instanceId}`;
  const answer = await askHost(
    env,
    host,
    workspaceId,
    { method: "DELETE" },
    path,
    z.null(),
    30_000,
  );
  return !answer.ok && answer.code === "not_found" ? { ok: true, value: null } : answer;
}

/** All instances of a host, of every workspace. */
export async function listHostInstances(
  env: Env,
  host: HostAddress,
): Promise<HostAnswer<Instance[]>> {
  const init = { method: "GET" } as const;
  const answer = await askHost(env, host, FLEET_SUBJECT, init, "/v1/instances", Instances);
  return answer.ok ? { ok: true, value: answer.value.instances } : answer;
}

/** What a host says of itself, if it is the one that was registered. */
export async function askHostStatus(
  env: Env,
  host: Pick<HostRecord, "id" | "url" | "publicKey">,
): Promise<HostAnswer<HostStatus>> {
  const jti = crypto.getRandomValues(new Uint8Array(16)).toBase64(BASE64URL);
  const hosted = { hostId: host.id, subject: FLEET_SUBJECT, jti };
  const sent = await send(
    env,
    host,
    hosted,
    { method: "GET" },
    "/v1/host",
    CLIENT_RESPONSE_TIMEOUT_MS,
  );
  const answer = await readAnswer(sent, HostStatus);
  if (!answer.ok || (await isProof(answer.value.proof, host, jti))) return answer;
  const message = "What answers at this address has not the key that the host is registered with.";
  return { ok: false, code: "unreachable", message };
}

export function setHostDraining(
  env: Env,
  host: HostAddress,
  isDraining: boolean,
): Promise<HostAnswer<null>> {
  const init = { method: "PUT", body: JSON.stringify({ isDraining }) } as const;
  return askHost(env, host, FLEET_SUBJECT, init, "/v1/host/draining", z.null());
}

/** An instance's state and log as an event stream, which the caller reads or passes on. */
export function openLog(
  env: Env,
  host: HostAddress,
  { workspaceId, instanceId }: { workspaceId: string; instanceId: string },
  { tail, follow }: { tail: number; follow: boolean },
): Promise<FetchResult> {
  const path = `/v1/instances/${instanceId}/logs?tail=${tail}&follow=${follow ? 1 : 0}`;
  const hosted = { hostId: host.id, subject: workspaceId };
  return send(env, host, hosted, { method: "GET" }, path, CLIENT_RESPONSE_TIMEOUT_MS);
}

async function askHost<T>(
  env: Env,
  host: HostAddress,
  subject: string,
  init: Pick<UpstreamInit, "method" | "body">,
  path: string,
  schema: z.ZodType<T>,
  withinMs = CLIENT_RESPONSE_TIMEOUT_MS,
): Promise<HostAnswer<T>> {
  const sent = await send(env, host, { hostId: host.id, subject }, init, path, withinMs);
  return readAnswer(sent, schema);
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

async function readAnswer<T>(sent: FetchResult, schema: z.ZodType<T>): Promise<HostAnswer<T>> {
  if (!sent.ok) return { ok: false, code: "unreachable", message: `${sent.error.message}.` };
  const { response } = sent;
  const content = await response.text().then(parseJson, () => undefined);
  if (response.ok) {
    const parsed = schema.safeParse(content);
    if (parsed.success) return { ok: true, value: parsed.data };
  }
  const refusal = HostError.safeParse(content);
  if (refusal.success) return { ok: false, ...refusal.data.error };
  const message = `What answers at this address (${response.status}) is no container host of this version: check its URL, its tunnel and the Access service token.`;
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
    return false;
  }
}
