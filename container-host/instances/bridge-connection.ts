import { Agent, get } from "node:http";

/** TCP port of the bridge inside its container. It is not published on the host. */
export const BRIDGE_PORT = 8080;
/** The bridge itself decides within 4 s whether its server is alive; without a response for 5 s the check has failed. */
const HEALTH_TIMEOUT_MS = 5_000;

/** Access to the bridge of one container run. `secret` is its Bearer token. */
export interface BridgeConnection {
  address: string;
  secret: string;
  /**
   * Connection pool. A killed container does not always close its connections, and the next container has the same
   * address: without cutting the pool at the end of the run, calls would hang.
   */
  agent: Agent;
}

/** Makes the connection pool; connects at the first call. */
export function openBridgeConnection(address: string, secret: string): BridgeConnection {
  return { address, secret, agent: new Agent({ keepAlive: true }) };
}

/** Cuts all connections, including those with calls in flight. */
export function closeBridgeConnection({ agent }: BridgeConnection): void {
  agent.destroy();
}

/** Whether the bridge responds 200 to `GET /health`: its server is ready and alive. */
export function checkBridgeHealth(
  { address, secret }: BridgeConnection,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({
      host: address,
      port: BRIDGE_PORT,
      path: "/health",
      agent: false,
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(HEALTH_TIMEOUT_MS)]),
    });
    request.once("response", (response) => {
      response.once("error", () => {}).resume();
      resolve(response.statusCode === 200);
    });
    // Only the connection fails here: the bridge is not reachable, or the signal.
    request.on("error", () => resolve(false));
  });
}
