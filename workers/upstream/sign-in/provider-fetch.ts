import { allowInsecureRequests, customFetch } from "oauth4webapi";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import { guardedFetch } from "../guarded-fetch.ts";
import { readText, type UpstreamOptions } from "../json-rpc.ts";

/** Metadata and token responses are small; a larger one is not read. */
const MAX_BYTES = 128 * 1024;

/** The authorization server did not answer, or answered with a server error. It can be otherwise in a minute. */
export class ProviderDown extends Error {
  override readonly name = "ProviderDown";
  /** Whether it has answered: without an answer it can have done what it was asked. */
  readonly isAnswered: boolean;

  constructor(message: string, isAnswered: boolean) {
    super(message);
    this.isAnswered = isAnswered;
  }
}

/** The address of an endpoint is not one that the gateway calls. */
export class ForbiddenEndpoint extends Error {
  override readonly name = "ForbiddenEndpoint";
}

/** The request as `oauth4webapi` makes it. */
interface LibraryRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | URLSearchParams | ReadableStream | ArrayBuffer | null | undefined;
}

/** Options for the functions of `oauth4webapi`: their requests are sent by `guardedFetch`, and their responses are bounded. */
export function toLibraryOptions(options: UpstreamOptions) {
  return {
    [customFetch]: (url: string, request: LibraryRequest) => fetchBounded(url, request, options),
    // `guardedFetch` decides: it allows http only where private servers are allowed.
    [allowInsecureRequests]: true,
  } as const;
}

/** Sends a request and reads the whole response. @throws ProviderDown, ForbiddenEndpoint */
export async function fetchBounded(
  url: string,
  { method, headers, body }: LibraryRequest,
  options: UpstreamOptions,
): Promise<Response> {
  const text = body instanceof URLSearchParams ? body.toString() : body;
  const init = {
    method: method === "POST" ? "POST" : "GET",
    headers,
    ...(typeof text === "string" ? { body: text } : {}),
  } as const;
  const sent = await guardedFetch(url, init, options, options.budgets.firstByteMs);
  if (!sent.ok) throw toError(sent.error);
  const { status } = sent.response;
  const read = await readText(sent.response, { ...options, maxMessageBytes: MAX_BYTES });
  if (!read.ok) throw toError(read.error);
  if (status >= 500 || status === 429)
    throw new ProviderDown(`it responded with HTTP ${status}`, true);
  // A status without a body cannot be given one.
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : read.text, { status, headers: sent.response.headers });
}

function toError({ code, message }: UpstreamError): Error {
  return code === "upstream_forbidden_address" || code === "upstream_loop"
    ? new ForbiddenEndpoint(message)
    : new ProviderDown(message, false);
}
