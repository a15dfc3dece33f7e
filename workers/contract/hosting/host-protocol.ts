import { z } from "zod";
import { Slug } from "../records/slug.ts";

// The API of a container host: what the gateway asks, what the host answers, and the token on every request.

/** One hosted server: a container now or soon, addressed by the gateway's own id for it. */
const InstanceId = z.string().regex(/^ins_[0-9a-f]{24}$/, "not an instance id");
const WorkspaceId = z.string().regex(/^ws_[0-9a-f]{24}$/, "not a workspace id");
/** A container host's name in tokens (`aud`) and in the gateway's record. */
export const HostId = Slug;

/** What a container may use. CPU is a share of one core, once the server is ready; until then it has a whole one. */
export const PROFILES = {
  small: { cpus: 0.25, memoryMb: 256, heapMb: 128 },
  medium: { cpus: 0.5, memoryMb: 512, heapMb: 288 },
  large: { cpus: 1, memoryMb: 1024, heapMb: 640 },
} as const;
export const Profile = z.enum(["small", "medium", "large"]);
export type Profile = z.infer<typeof Profile>;

/** `pending`: accepted, or waiting for its variables after a restart of the host. `failed` stays until it is asked again. */
export const InstanceState = z.enum(["pending", "starting", "running", "failed"]);
export type InstanceState = z.infer<typeof InstanceState>;

/** Of a running instance: whether its bridge answered the last look. `unknown`: not running. */
export const InstanceHealth = z.enum(["unknown", "healthy", "unhealthy"]);
export type InstanceHealth = z.infer<typeof InstanceHealth>;

export const InstanceReasonCode = z.enum([
  /** The host forgot the variables with its memory: deploy again with them. */
  "variables_needed",
  /** The image is not on the host and could not be pulled, or is another one than allowed. */
  "image_unavailable",
  /** The server ended before it was ready. */
  "start_failed",
  /** The server was not ready in time. */
  "start_timeout",
  /** The server ended again and again after it was ready. */
  "crash_loop",
  /** The container reached its memory limit. */
  "out_of_memory",
  /** The bridge stopped answering. */
  "unresponsive",
  /** The Docker engine refused or does not answer. */
  "engine_error",
  /** The rules that keep containers from the host's network could not be set: nothing is started without them. */
  "firewall_missing",
]);
export type InstanceReasonCode = z.infer<typeof InstanceReasonCode>;

export const InstanceReason = z.strictObject({
  code: InstanceReasonCode,
  /** What happened and what to do, for an admin. Holds no value of a variable. */
  message: z.string(),
});
export type InstanceReason = z.infer<typeof InstanceReason>;

/** Sums since the instance was first deployed on this host. At most the last 15 s are lost when the host crashes. */
export const InstanceUsage = z.strictObject({
  /** Time in state `running`. */
  runningSeconds: z.number(),
  /** Bytes of MCP request bodies to the server. */
  requestBytes: z.int(),
  /** Bytes of MCP response bodies from it. */
  responseBytes: z.int(),
  /** Bytes that the server exchanged with outside hosts, both directions. */
  egressBytes: z.int(),
});
export type InstanceUsage = z.infer<typeof InstanceUsage>;

/** `PUT /v1/instances/{id}` and `POST /v1/instances/{id}/restart`. What runs is decided by the host's own catalogue. */
export const InstanceRequest = z.strictObject({
  catalogueId: Slug,
  profile: Profile,
  /** Values for the catalogue entry's variables, credentials among them; kept in memory only. */
  variables: z.record(z.string().max(64), z.string().max(16_384)),
});
export type InstanceRequest = z.infer<typeof InstanceRequest>;

export const Instance = z.strictObject({
  id: InstanceId,
  workspaceId: WorkspaceId,
  catalogueId: Slug,
  profile: Profile,
  state: InstanceState,
  /** Why it failed or waits; null otherwise. */
  reason: InstanceReason.nullable(),
  health: InstanceHealth,
  /** Epoch ms at which it last became `running`; null: not yet. */
  runningAt: z.int().nullable(),
  /** How often the host started it again by itself since it was deployed. */
  restarts: z.int(),
  usage: InstanceUsage,
});
export type Instance = z.infer<typeof Instance>;

export const Instances = z.strictObject({ instances: z.array(Instance) });
export type Instances = z.infer<typeof Instances>;

/** One line of a server's log, as an event `log` of `GET /v1/instances/{id}/logs`; events `state` carry an `Instance`. */
export const LogLine = z.strictObject({
  /** RFC 3339 with nanoseconds, from the engine. */
  at: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** `GET /v1/host`. */
export const HostStatus = z.strictObject({
  id: HostId,
  version: z.string(),
  /** Epoch ms. */
  startedAt: z.int(),
  /** A draining host takes no new instances. */
  isDraining: z.boolean(),
  /** Null: the engine does not answer. */
  engineVersion: z.string().nullable(),
  memory: z.strictObject({
    totalBytes: z.int(),
    /** Free or reclaimable now (`MemAvailable`): hosts are chosen by it. */
    availableBytes: z.int(),
  }),
  instances: z.int(),
  /** Catalogue ids that this host can deploy: it has the entry, and its image is allowed. */
  catalogueIds: z.array(Slug),
  /**
   * Compact JWS by the host's own key over `HostProof`: whoever answers at the host's address is the host that was
   * registered with that public key.
   */
  proof: z.string(),
});
export type HostStatus = z.infer<typeof HostStatus>;

/** What a host signs in `HostStatus.proof`; `jti` is that of the request's token. */
export const HostProof = z.strictObject({ hostId: HostId, jti: z.string() });
export type HostProof = z.infer<typeof HostProof>;
export const HOST_PROOF_TYPE = "mng-host-proof+jwt";

/** `PUT /v1/host/draining`. */
export const DrainRequest = z.strictObject({ isDraining: z.boolean() });

/** An Ed25519 public key: `x` of its JWK (RFC 8037), 32 bytes in base64url. */
const PublicKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not an Ed25519 public key");

/** How the gateway knows a host. */
export const HostRegistration = z.strictObject({
  id: HostId,
  /** Where the tunnel ends: `https://…`, or loopback. No path. */
  url: z.url({ protocol: /^https?$/ }),
  /** The host's own key, which signs its proofs. */
  publicKey: PublicKey,
});
export type HostRegistration = z.infer<typeof HostRegistration>;

/** A key of the gateway, as a host is told to trust it. Two at a time while they are rotated. */
export const GatewayKey = z.strictObject({ kid: z.string().min(1).max(64), x: PublicKey });
export type GatewayKey = z.infer<typeof GatewayKey>;

export const HOST_TOKEN_TYPE = "mng-host+jwt";
/** Life of a host token from `iat` to `exp`. */
export const HOST_TOKEN_SECONDS = 30;
/** `sub` of requests that concern the host itself or all its instances; otherwise it is a workspace's id. */
export const FLEET_SUBJECT = "fleet";

/**
 * Claims of the token on every request, signed with EdDSA and bound to that one request. `m` is the method, `p` the
 * path with its query as sent, `bh` the SHA-256 of the body in base64url.
 */
export const HostTokenClaims = z.object({
  iss: z.string().min(1),
  aud: HostId,
  sub: z.union([WorkspaceId, z.literal(FLEET_SUBJECT)]),
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
  jti: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/),
  m: z.string(),
  p: z.string(),
  bh: z.string(),
});
export type HostTokenClaims = z.infer<typeof HostTokenClaims>;

/** Why a host refused a request; `code` decides what the gateway tells its caller. */
export const HostErrorCode = z.enum([
  /** No token, or none that the gateway signed for this host. */
  "token_invalid",
  "token_expired",
  "token_replayed",
  /** The token was signed for another method, path or body. */
  "token_mismatch",
  /** The token is from before the host's start: ask again. */
  "host_starting",
  "not_found",
  "invalid_request",
  "unknown_catalogue_entry",
  "invalid_variable",
  "profile_too_small",
  "host_draining",
  "host_full",
  /** The instance belongs to something else than the request says: terminate it first. */
  "conflict",
  "instance_not_running",
  "bridge_unreachable",
  "engine_unavailable",
  "internal",
]);
export type HostErrorCode = z.infer<typeof HostErrorCode>;

export const HostError = z.strictObject({
  error: z.strictObject({ code: HostErrorCode, message: z.string() }),
});
export type HostError = z.infer<typeof HostError>;
