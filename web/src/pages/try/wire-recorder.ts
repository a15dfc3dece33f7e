/** One HTTP request of a call as it was sent, and the response as far as it has arrived. */
export interface Exchange {
  id: number;
  request: WireMessage & { method: string; url: string };
  /** Null: nothing has arrived yet. `isWhole`: false while the body arrives, and for a body that was cut off. */
  response: (WireMessage & { status: number; isWhole: boolean }) | null;
}

interface WireMessage {
  headers: [name: string, value: string][];
  body: string;
}

/** Shown in place of the token. */
const HIDDEN_TOKEN = "Bearer <your token>";
/** The handshake of the client is not part of a call. */
const HANDSHAKE = new Set(["initialize", "notifications/initialized", "server/discover"]);

let nextId = 1;

/** A `fetch` that reports the requests and responses of a call. Each report replaces the one with the same id. */
export function recordExchanges(report: (exchange: Exchange) => void): typeof fetch {
  return async (input, init) => {
    const body = typeof init?.body === "string" ? init.body : "";
    if (init?.method !== "POST" || isHandshake(body)) return fetch(input, init);
    const url = input instanceof Request ? input.url : String(input);
    const headers = toHeaderList(new Headers(init.headers));
    const exchange: Exchange = {
      id: nextId++,
      request: { method: "POST", url, headers, body },
      response: null,
    };
    report(exchange);
    const response = await fetch(input, init);
    void readCopy(response.clone(), exchange, report);
    return response;
  };
}

/** Reports a response's head, and its body when it has ended, with what has arrived of a body that was cut off. */
async function readCopy(
  copy: Response,
  exchange: Exchange,
  report: (exchange: Exchange) => void,
): Promise<void> {
  const { status } = copy;
  const head = { status, headers: toHeaderList(copy.headers) };
  report({ ...exchange, response: { ...head, body: "", isWhole: false } });
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let isWhole = false;
  try {
    for await (const chunk of readChunks(copy)) parts.push(decoder.decode(chunk, { stream: true }));
    isWhole = true;
  } catch {
    // The person has cancelled the call, or the connection broke.
  }
  report({ ...exchange, response: { ...head, body: parts.join("") + decoder.decode(), isWhole } });
}

/** The chunks of a body. Not all browsers can iterate a stream. */
async function* readChunks({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) return;
    yield read.value;
  }
}

function toHeaderList(headers: Headers): [string, string][] {
  return [...headers].map(([name, value]) => [
    name,
    name === "authorization" ? HIDDEN_TOKEN : value,
  ]);
}

function isHandshake(body: string): boolean {
  // The messages of a handshake are short.
  if (body.length > 10_000) return false;
  const message: unknown = JSON.parse(body || "null");
  const method: unknown = message !== null && Reflect.get(Object(message), "method");
  return typeof method === "string" && HANDSHAKE.has(method);
}
