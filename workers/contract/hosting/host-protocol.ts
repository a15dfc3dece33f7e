import { z } from "zod";
import { Slug } from "../records/slug.ts";
import { ExactVersion } from "./package-versions.ts";

// The API of a container host: requests of the gateway, responses of the host, and the token on every request.

/** The gateway's id of an instance. */
const InstanceId = z.string().regex(/^ins_[0-9a-f]{24}$/, "not an instance id");
const WorkspaceId = z.string().regex(/^ws_[0-9a-f]{24}$/, "not a workspace id");
/** A container host's name in tokens (`aud`) and in the gateway's record. */
export const HostId = Slug;

/** Limits of a container. `cpus`: share of one core once the server is ready; while it starts it has a whole core. */
export const PROFILES = {
  small: { cpus: 0.25, memoryMb: 256, heapMb: 128 },
  medium: { cpus: 0.5, memoryMb: 512, heapMb: 288 },
  large: { cpus: 1, memoryMb: 1024, heapMb: 640 },
} as const;
/** Name of a set of limits in `PROFILES`. */
export const Profile = z.enum(["small", "medium", "large"]);
export type Profile = z.infer<typeof Profile>;

/** `pending`: accepted, or without variables after a restart of the host. `failed`: final until a new deployment. */
export const InstanceState = z.enum(["pending", "starting", "running", "failed"]);
export type InstanceState = z.infer<typeof InstanceState>;

/** Result of the last health check of a running instance's bridge. `unknown`: not running. */
export const InstanceHealth = z.enum(["unknown", "healthy", "unhealthy"]);
export type InstanceHealth = z.infer<typeof InstanceHealth>;

/** Why an instance failed or waits. */
export const InstanceReasonCode = z.enum([
  /** The host restarted and lost the variables, which it keeps in memory only: deploy again with them. */
  "variables_needed",
  /** It starts after other servers of the host. The wait does not count as time of the start. */
  "queued",
  /** The image is not on the host and cannot be pulled, or is not an allowed image. */
  "image_unavailable",
  /** The version of the package cannot be installed. */
  "package_unavailable",
  /** The server ended before it was ready. */
  "start_failed",
  /** The server was not ready in time. */
  "start_timeout",
  /** The server ended repeatedly after it was ready. */
  "crash_loop",
  /** The container reached its memory limit. */
  "out_of_memory",
  /** The bridge stopped responding. */
  "unresponsive",
  /** The Docker engine refused the request or does not respond. */
  "engine_error",
  /** The firewall rules that isolate containers could not be set. No container starts without them. */
  "firewall_missing",
]);
export type InstanceReasonCode = z.infer<typeof InstanceReasonCode>;

/** A reason with its explanation. */
export const InstanceReason = z.strictObject({
  code: InstanceReasonCode,
  /** Sentence for an admin: the problem and the remedy. Contains no value of a variable. */
  message: z.string(),
});
export type InstanceReason = z.infer<typeof InstanceReason>;

/** Sums since the instance's first deployment on this host. A crash of the host loses at most the last 15 s. */
export const InstanceUsage = z.strictObject({
  /** Time in state `running`. */
  runningSeconds: z.number(),
  /** Bytes of MCP request bodies to the server. */
  requestBytes: z.int(),
  /** Bytes of MCP response bodies from it. */
  responseBytes: z.int(),
  /** Bytes between the server and external hosts, in both directions. */
  egressBytes: z.int(),
});
export type InstanceUsage = z.infer<typeof InstanceUsage>;

/** Body of `PUT /v1/instances/{id}` and `POST /v1/instances/{id}/restart`. The host's catalogue defines the command. */
export const InstanceRequest = z.strictObject({
  catalogueId: Slug,
  profile: Profile,
  /** Values for the catalogue entry's variables, including credentials. The host keeps them in memory only. */
  variables: z.record(z.string().max(64), z.string().max(16_384)),
  /** The version of the entry's package. Absent: the image's. */
  version: ExactVersion.optional(),
  /** Until when it is a trial of a version, which belongs to no server (epoch ms). Absent: it is none. */
  trialUntil: z.int().optional(),
});
export type InstanceRequest = z.infer<typeof InstanceRequest>;

/** A hosted server on its container host. */
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
  /** Number of automatic restarts by the host since the deployment. */
  restarts: z.int(),
  usage: InstanceUsage,
  /** As in its request. A host that restarted has forgotten it. */
  trialUntil: z.int().optional(),
});
export type Instance = z.infer<typeof Instance>;

/** Response of `GET /v1/instances`. */
export const Instances = z.strictObject({ instances: z.array(Instance) });
export type Instances = z.infer<typeof Instances>;

/** One line of a server's log: an event `log` of `GET /v1/instances/{id}/logs`. An event `state` has an `Instance`. */
export const LogLine = z.strictObject({
  /** RFC 3339 with nanoseconds. */
  at: z.string(),
  /** `host`: a line of the container host, such as the mark at a restart. */
  stream: z.enum(["stdout", "stderr", "host"]),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

/** The result of one check of a host. */
export const HostFinding = z.strictObject({
  /** What was checked: engine, runc, kernel, cgroup, seccomp, security-module, namespaces, storage, firewall, neighbours. */
  check: z.string(),
  /** `refused`: the host accepts no new instances. */
  state: z.enum(["ok", "warning", "refused"]),
  /** Sentences for the operator: what was found, and the remedy. */
  message: z.string(),
});
export type HostFinding = z.infer<typeof HostFinding>;

/** Response of `GET /v1/host`. */
export const HostStatus = z.strictObject({
  id: HostId,
  version: z.string(),
  /** Epoch ms. */
  startedAt: z.int(),
  /** A draining host accepts no new instances. */
  isDraining: z.boolean(),
  /** Null: the engine does not respond. */
  engineVersion: z.string().nullable(),
  memory: z.strictObject({
    totalBytes: z.int(),
    /** `MemAvailable` of the host. Placement prefers the host with the most. */
    availableBytes: z.int(),
  }),
  instances: z.int(),
  /** Results of the checks of engine, kernel and firewall. Absent: the host is of an older version. */
  findings: z.array(HostFinding).optional(),
  /** Catalogue ids that this host can deploy: it has the entry and its image, or can pull the image. */
  catalogueIds: z.array(Slug),
  /**
   * Compact JWS over `HostProof`, signed with the host's key. It proves that the response is from the host that was
   * registered with that public key, and not from an impostor at its address.
   */
  proof: z.string(),
});
export type HostStatus = z.infer<typeof HostStatus>;

/** Payload of `HostStatus.proof`; `jti`: the `jti` of the request's token, against replay. */
export const HostProof = z.strictObject({ hostId: HostId, jti: z.string() });
export type HostProof = z.infer<typeof HostProof>;
/** `typ` header of `HostStatus.proof`. */
export const HOST_PROOF_TYPE = "mng-host-proof+jwt";

/** Body of `PUT /v1/host/draining`. */
export const DrainRequest = z.strictObject({ isDraining: z.boolean() });

/** An Ed25519 public key: `x` of its JWK (RFC 8037), 32 bytes in base64url. */
const PublicKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, "not an Ed25519 key: give 32 bytes in base64url");

/** The gateway's registration of a host. */
export const HostRegistration = z.strictObject({
  id: HostId,
  /** Address of the host or its tunnel: `https://…`, or loopback. No path. */
  url: z.url({ protocol: /^https?$/ }),
  /** Public part of the key with which the host signs its proofs. */
  publicKey: PublicKey,
});
export type HostRegistration = z.infer<typeof HostRegistration>;

/** A public key of the gateway that a host trusts. Two keys are valid during a rotation. */
export const GatewayPublicKey = z.strictObject({ kid: z.string().min(1).max(64), x: PublicKey });
export type GatewayPublicKey = z.infer<typeof GatewayPublicKey>;

/** The gateway's Ed25519 key (RFC 8037, section 2), which signs requests to container hosts. */
export const GatewayPrivateKey = GatewayPublicKey.extend({ d: PublicKey });
export type GatewayPrivateKey = z.infer<typeof GatewayPrivateKey>;

/** `typ` header of the gateway's tokens. */
export const HOST_TOKEN_TYPE = "mng-host+jwt";
/** Lifetime of a host token from `iat` to `exp`: long enough for clock skew, short against replay. */
export const HOST_TOKEN_SECONDS = 30;
/** `sub` of requests about the host or all its instances. For other requests `sub` is a workspace's id. */
export const FLEET_SUBJECT = "fleet";

/**
 * Claims of the token on every request, signed with EdDSA and bound to that one request. `m`: method; `p`: path with
 * query, byte for byte; `bh`: SHA-256 of the body in base64url.
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

/** Why a host refused a request. The gateway maps each code to a response. */
export const HostErrorCode = z.enum([
  /** No token, or not signed by the gateway for this host. */
  "token_invalid",
  "token_expired",
  "token_replayed",
  /** The token was signed for another method, path or body. */
  "token_mismatch",
  /** The token was issued before the host started: send the request again with a new token. */
  "host_starting",
  "not_found",
  "invalid_request",
  "unknown_catalogue_entry",
  "invalid_variable",
  "profile_too_small",
  "host_draining",
  "host_full",
  /** A check of the host was refused (`HostFinding`). */
  "host_unsafe",
  /** Too many servers wait for their start: try again later. */
  "host_busy",
  /** The instance has another workspace or catalogue entry than the request: terminate it first. */
  "conflict",
  "instance_not_running",
  "bridge_unreachable",
  "engine_unavailable",
  /** The npm registry does not respond, or does not have the package. */
  "registry_unavailable",
  "internal",
]);
export type HostErrorCode = z.infer<typeof HostErrorCode>;

/** Body of a host's error response. */
export const HostError = z.strictObject({
  error: z.strictObject({ code: HostErrorCode, message: z.string() }),
});
export type HostError = z.infer<typeof HostError>;
