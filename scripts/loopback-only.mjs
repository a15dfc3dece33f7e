// Preloaded into the example servers. They listen on every interface, and one of their tools shows the process's
// environment, so they are kept on 127.0.0.1; and they end with the process that started them, however that ends.
import { Server } from "node:net";

// oxlint-disable-next-line typescript/unbound-method -- called on the server below
const { listen } = Server.prototype;
Server.prototype.listen = function (port, onListening) {
  return listen.call(this, { port: Number(port), host: "127.0.0.1" }, onListening);
};
process.stdin.on("end", () => process.exit(0)).resume();
