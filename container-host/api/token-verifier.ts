import { createHash } from "node:crypto";
import { decodeProtectedHeader, importJWK, jwtVerify, errors, type CryptoKey } from "jose";
import {
  HOST_TOKEN_SECONDS,
  HOST_TOKEN_TYPE,
  HostTokenClaims,
  type GatewayPublicKey,
  type HostErrorCode,
} from "../../workers/contract/hosting/host-protocol.ts";

/** The request as received. The token must have been signed for exactly this request. */
export interface SignedRequest {
  method: string;
  /** Path and query, as received. */
  path: string;
  body: Buffer;
}

/** The claims of a valid token, or the error response. */
export type TokenVerification =
  | { ok: true; claims: HostTokenClaims }
  | {
      ok: false;
      code: Extract<HostErrorCode, `token_${string}` | "host_starting">;
      message: string;
    };

interface VerifierOptions {
  hostId: string;
  /** `iss` of the gateway's tokens. */
  issuer: string;
  keys: GatewayPublicKey[];
  /** Allowed difference between the clocks of gateway and host. */
  clockSkewSeconds: number;
  /** Epoch ms of this process's start. Tokens that were used before it are unknown, so older ones are refused. */
  startedAt: number;
}

/** Verifies the gateway's tokens: each is valid once, for one request, for 30 s (protects against replay). */
export class TokenVerifier {
  readonly #options: VerifierOptions;
  readonly #keys: Map<string, CryptoKey>;
  /** Used token ids, oldest first, with the epoch ms after which the token itself has expired. */
  readonly #used = new Map<string, number>();

  private constructor(options: VerifierOptions, keys: Map<string, CryptoKey>) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Imports the keys; throws when one is not an Ed25519 public key. */
  static async open(options: VerifierOptions): Promise<TokenVerifier> {
    const keys = new Map<string, CryptoKey>();
    for (const { kid, x } of options.keys) {
      const key = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
      if (!(key instanceof Uint8Array)) keys.set(kid, key);
    }
    return new TokenVerifier(options, keys);
  }

  /** `now`: epoch ms. A valid token counts as used afterwards. */
  async verify(
    token: string | undefined,
    request: SignedRequest,
    now: number,
  ): Promise<TokenVerification> {
    const claims = await this.#readClaims(token ?? "", now);
    if ("code" in claims) return { ok: false, ...claims };
    const { method, path, body } = request;
    const hash = createHash("sha256").update(body).digest("base64url");
    if (claims.m !== method || claims.p !== path || claims.bh !== hash) {
      return refuse("token_mismatch", "The token was signed for another request.");
    }
    const { startedAt, clockSkewSeconds } = this.#options;
    if (claims.iat * 1000 < startedAt + clockSkewSeconds * 1000) {
      const message =
        "The host has just started and accepts newer tokens only: sign and send the request again.";
      return refuse("host_starting", message);
    }
    // No await between lookup and insertion: two copies of a token cannot both pass.
    this.#deleteExpired(now);
    if (this.#used.has(claims.jti)) {
      return refuse(
        "token_replayed",
        "The token has already been used: sign every request separately.",
      );
    }
    this.#used.set(claims.jti, now + 2 * (HOST_TOKEN_SECONDS + clockSkewSeconds) * 1000);
    return { ok: true, claims };
  }

  async #readClaims(token: string, now: number) {
    const { hostId, issuer, clockSkewSeconds } = this.#options;
    try {
      const key = this.#keys.get(decodeProtectedHeader(token).kid ?? "");
      if (!key) return { code: "token_invalid" as const, message: INVALID };
      const { payload } = await jwtVerify(token, key, {
        algorithms: ["EdDSA"],
        typ: HOST_TOKEN_TYPE,
        audience: hostId,
        issuer,
        maxTokenAge: HOST_TOKEN_SECONDS,
        // jose compares whole seconds, but `iat` can have a fraction.
        clockTolerance: Math.max(1, clockSkewSeconds),
        currentDate: new Date(now),
      });
      const claims = HostTokenClaims.safeParse(payload);
      if (claims.success && claims.data.exp - claims.data.iat < HOST_TOKEN_SECONDS + 1)
        return claims.data;
      return { code: "token_invalid" as const, message: INVALID };
    } catch (error) {
      // jose throws for a malformed or unsigned token: the caller's mistake.
      if (error instanceof errors.JWTExpired) {
        const message = "The token has expired: check the clocks of gateway and host.";
        return { code: "token_expired" as const, message };
      }
      return { code: "token_invalid" as const, message: INVALID };
    }
  }

  #deleteExpired(now: number): void {
    for (const [jti, expiresAt] of this.#used) {
      if (expiresAt > now) return;
      this.#used.delete(jti);
    }
  }
}

const INVALID =
  "The request has no valid token of the gateway for this host: check the host's id, the gateway's keys and both clocks.";

function refuse(
  code: Extract<TokenVerification, { ok: false }>["code"],
  message: string,
): TokenVerification {
  return { ok: false, code, message };
}
