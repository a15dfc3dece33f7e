import { afterAll, afterEach, beforeAll } from "vitest";
import { HostProcess } from "./host-process.ts";
import { PrivateEngine } from "./private-engine.ts";

/** A private engine and a host for the tests of the surrounding block. After each test all instances are terminated. */
export function withHost(): { engine: PrivateEngine; host: HostProcess } {
  let engine: PrivateEngine | undefined;
  let host: HostProcess | undefined;
  beforeAll(async () => {
    engine = await PrivateEngine.open();
    host = await HostProcess.start(engine);
  });
  afterEach(() => host?.terminateAll());
  afterAll(async () => {
    await host?.stop();
    await engine?.close();
  });
  return {
    get engine() {
      if (!engine) throw new Error("the engine is not open yet");
      return engine;
    },
    get host() {
      if (!host) throw new Error("the host is not started yet");
      return host;
    },
  };
}
