import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Returns a free port of 127.0.0.1. */
export function findFreePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether this port of 127.0.0.1 is free. */
export function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

/** Waits until the port of 127.0.0.1 accepts connections. Throws after 15 s. */
export async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await acceptsConnection(port))) {
    if (Date.now() > deadline) throw new Error(`nothing listens on 127.0.0.1:${port}`);
    await sleep(50);
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : port));
    });
  });
}

function acceptsConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
