// Preloaded into the example servers. Makes them listen on 127.0.0.1 instead of every interface, because one of their
// tools shows the environment. Ends them when their parent process ends, even if it crashes.
import { Server } from "node:net";

// oxlint-disable-next-line typescript/unbound-method -- called on the server below
const { listen } = Server.prototype;
Server.prototype.listen = function (port, onListening) {
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, onListening);
};
process.stdin.on("end", () => process.exit(0)).resume();
