import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";
import {
  HOST_TOKEN_TYPE,
  type GatewayPublicKey,
} from "../../../workers/contract/hosting/host-protocol.ts";

export const HOST_ID = "host-1";
export const ISSUER = "test-gateway";

/** A gateway's signing key. */
export interface Signer {
  kid: string;
  privateKey: CryptoKey;
  publicKey: GatewayPublicKey;
}

/** Generates a signing key. */
export async function makeSigner(kid: string): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { crv: "Ed25519" });
  const { x = "" } = await exportJWK(publicKey);
  return { kid, privateKey, publicKey: { kid, x } };
}

/** A request to a host. */
export interface HostRequest {
  method: string;
  path: string;
  subject: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Replaces the valid token; null: none. */
  token?: string | null;
}

/** A host's response. */
export interface HostResponse {
  status: number;
  // Tests read the parsed body without a type.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

/** Calls a host's API like the gateway, over its unix socket. */
export class HostClient {
  readonly #socketPath: string;
  readonly #signer: Signer;

  constructor(socketPath: string, signer: Signer) {
    this.#socketPath = socketPath;
    this.#signer = signer;
  }

  sign(
    { method, path, subject, body }: Pick<HostRequest, "method" | "path" | "subject" | "body">,
    overrides: {
      claims?: Record<string, unknown>;
      header?: Record<string, unknown>;
      signer?: Signer;
    } = {},
  ): Promise<string> {
    const signer = overrides.signer ?? this.#signer;
    const iat = Date.now() / 1000;
    const claims = {
      iss: ISSUER,
      aud: HOST_ID,
      sub: subject,
      iat,
      nbf: iat,
      exp: iat + 30,
      jti: randomBytes(16).toString("base64url"),
      m: method,
      p: path,
      bh: createHash("sha256").update(toText(body)).digest("base64url"),
      ...overrides.claims,
    };
    return new SignJWT(claims)
      .setProtectedHeader({
        alg: "EdDSA",
        typ: HOST_TOKEN_TYPE,
        kid: signer.kid,
        ...overrides.header,
      })
      .sign(signer.privateKey);
  }

  /** Sends a request; resolves with the response when its headers have arrived. */
  async open(request: HostRequest): Promise<IncomingMessage> {
    const { method, path, body, headers, signal } = request;
    const token = request.token === undefined ? await this.sign(request) : request.token;
    const text = toText(body);
    return new Promise((resolve, reject) => {
      const sent = httpRequest({
        socketPath: this.#socketPath,
        method,
        path,
        agent: false,
        ...(signal ? { signal } : {}),
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          "content-length": Buffer.byteLength(text),
          ...headers,
        },
      });
      sent.once("response", resolve).once("error", reject);
      sent.end(text);
    });
  }

  /** Sends a request and reads the whole response. */
  async send(request: HostRequest): Promise<HostResponse> {
    const response = await this.open(request);
    const text = await readAll(response);
    const isJson = response.headers["content-type"] === "application/json";
    return { status: response.statusCode ?? 0, body: isJson ? JSON.parse(text) : text };
  }
}

/** Reads a stream as text. */
export async function readAll(response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const toText = (body: unknown) =>
  body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
