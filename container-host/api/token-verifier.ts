import { createHash } from "node:crypto";
import { decodeProtectedHeader, importJWK, jwtVerify, errors, type CryptoKey } from "jose";
import {
  HOST_TOKEN_SECONDS,
  HOST_TOKEN_TYPE,
  HostTokenClaims,
  type GatewayKey,
  type HostErrorCode,
} from "../../workers/contract/hosting/host-protocol.ts";

/** What a token was signed for must be what is asked. */
export interface SignedRequest {
  method: string;
  /** Path and query, as sent. */
  path: string;
  body: Buffer;
}

export type Verdict =
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
  keys: GatewayKey[];
  /** How far the gateway's clock may be from this one's. */
  clockSkewSeconds: number;
  /** Epoch ms of this process' start: what was used before is not known here. */
  startedAt: number;
}

/** Checks the tokens of a gateway's requests: each is good once, for one request, for 30 s. */
export class TokenVerifier {
  readonly #options: VerifierOptions;
  readonly #keys: Map<string, CryptoKey>;
  /** Used token ids, oldest first, with the epoch ms after which the token itself has expired. */
  readonly #used = new Map<string, number>();

  private constructor(options: VerifierOptions, keys: Map<string, CryptoKey>) {
    this.#options = options;
    this.#keys = keys;
  }

  /** Throws when a key is not an Ed25519 public key. */
  static async open(options: VerifierOptions): Promise<TokenVerifier> {
    const keys = new Map<string, CryptoKey>();
    for (const { kid, x } of options.keys) {
      const key = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
      if (!(key instanceof Uint8Array)) keys.set(kid, key);
    }
    return new TokenVerifier(options, keys);
  }

  async verify(token: string | undefined, request: SignedRequest, now: number): Promise<Verdict> {
    const claims = await this.#readClaims(token ?? "", now);
    if ("code" in claims) return { ok: false, ...claims };
    const { method, path, body } = request;
    const hash = createHash("sha256").update(body).digest("base64url");
    if (claims.m !== method || claims.p !== path || claims.bh !== hash) {
      return refuse("token_mismatch", "The token was signed for another request.");
    }
    const { startedAt, clockSkewSeconds } = this.#options;
    if (claims.iat * 1000 < startedAt + clockSkewSeconds * 1000) {
      const message = "The host has just started and takes newer tokens only: ask again.";
      return refuse("host_starting", message);
    }
    // Nothing is awaited between look and entry: two copies of a token cannot both pass.
    this.#forgetExpired(now);
    if (this.#used.has(claims.jti)) {
      return refuse("token_replayed", "The token has been used: sign each request anew.");
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
        // jose counts whole seconds; tokens may say when they were made more exactly.
        clockTolerance: Math.max(1, clockSkewSeconds),
        currentDate: new Date(now),
      });
      const claims = HostTokenClaims.safeParse(payload);
      if (claims.success && claims.data.exp - claims.data.iat < HOST_TOKEN_SECONDS + 1)
        return claims.data;
      return { code: "token_invalid" as const, message: INVALID };
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        const message = "The token has expired: check that both clocks are right.";
        return { code: "token_expired" as const, message };
      }
      return { code: "token_invalid" as const, message: INVALID };
    }
  }

  #forgetExpired(now: number): void {
    for (const [jti, until] of this.#used) {
      if (until > now) return;
      this.#used.delete(jti);
    }
  }
}

const INVALID =
  "The request carries no token that the gateway signed for this host: check the host's id, the gateway's keys and both clocks.";

function refuse(code: Extract<Verdict, { ok: false }>["code"], message: string): Verdict {
  return { ok: false, code, message };
}
