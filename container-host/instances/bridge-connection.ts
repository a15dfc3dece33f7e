import { Agent, get } from "node:http";

/** Where bridges listen in their containers; no port is published. */
export const BRIDGE_PORT = 8080;
const HEALTH_TIMEOUT_MS = 3_000;

/** The bridge of one run of a container, and the secret that it asks for. */
export interface Bridge {
  address: string;
  secret: string;
  /**
   * Connections to it. The next container has the same address, and a container that is killed does not always close
   * its connections: they end with the run, or they would hang.
   */
  agent: Agent;
}

export function openBridge(address: string, secret: string): Bridge {
  return { address, secret, agent: new Agent({ keepAlive: true }) };
}

/** Cuts all connections, also those with calls in flight. */
export function closeBridge({ agent }: Bridge): void {
  agent.destroy();
}

/** Whether the bridge says that its server is ready. */
export function askHealth({ address, secret }: Bridge, signal: AbortSignal): Promise<boolean> {
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
    request.on("error", () => resolve(false));
  });
}
