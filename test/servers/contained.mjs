// Preloaded into the servers. Keeps them on this machine: they listen on 127.0.0.1 only, and connect to nothing else.
// Ends them when their parent process ends, even if it crashes.
import { Server, Socket } from "node:net";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;
/** Nothing listens here: a connection to another machine is refused as it would be without a network. */
const REFUSED = { host: "127.0.0.1", port: 9 };

// oxlint-disable-next-line typescript/unbound-method -- called on the server below
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  const [first] = args;
  const isOptions = typeof first === "object" && first !== null && "port" in first;
  if (!isOptions && !/^\d+$/.test(String(first))) return listen.apply(this, args);
  const options = isOptions ? first : { port: Number(first) };
  const onListening = args.find((arg) => typeof arg === "function");
  return listen.call(this, { ...options, host: "127.0.0.1" }, onListening);
};

// oxlint-disable-next-line typescript/unbound-method -- called on the socket below
const { connect } = Socket.prototype;
Socket.prototype.connect = function (...args) {
  // Node passes its normalized arguments as one array.
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options = typeof first === "object" ? first : { port: first, host: second };
  if (options.path || LOOPBACK.test(options.host ?? "localhost")) return connect.apply(this, args);
  const onConnect = args.flat().find((arg) => typeof arg === "function");
  return connect.call(this, { ...options, ...REFUSED }, onConnect);
};

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1_000).unref();
