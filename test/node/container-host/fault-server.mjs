// A stdio MCP server for tests inside the container: its tools misbehave and return the effect.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";

const mode = process.argv[2];
if (mode === "exit") {
  process.stderr.write("the key was not accepted\n");
  process.exit(1);
}
if (mode === "brief") setTimeout(() => process.exit(1), 300);

const allocated = [];
const codeOf = (action) => {
  try {
    action();
    return "ok";
  } catch (error) {
    return error.code ?? error.name;
  }
};

const tools = {
  echo: ({ text }) => text,
  environment: () => process.env,
  /** The bridge redacts the value itself. */
  digest: ({ name }) =>
    createHash("sha256")
      .update(process.env[name] ?? "")
      .digest("hex"),
  workingFolder: () => process.cwd(),
  /** What the server can read of the bridge's process. */
  bridgeAccess: () => {
    const folder = `/proc/${process.ppid}`;
    const files = ["environ", "mem", "maps", "auxv", "syscall"].map((file) => [
      file,
      codeOf(() => readFileSync(`${folder}/${file}`)),
    ]);
    const links = ["cwd", "exe", "root"].map((file) => [
      file,
      codeOf(() => readlinkSync(`${folder}/${file}`)),
    ]);
    const others = [
      ["fd", codeOf(() => readdirSync(`${folder}/fd`))],
      ["write mem", codeOf(() => openSync(`${folder}/mem`, "r+"))],
      ["stdin", codeOf(() => openSync(`${folder}/fd/0`, "r"))],
    ];
    return Object.fromEntries([...files, ...links, ...others]);
  },
  /** Sends the signal that opens the debugger of a Node process; returns whether the debugger listens. */
  debugBridge: async () => {
    process.kill(process.ppid, "SIGUSR1");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return tools.connect({ host: "127.0.0.1", port: 9229 });
  },
  /** Runs a program; returns its exit code. */
  run: ({ file }) => spawnSync(file).status,
  confinement: () => ({
    status: readFileSync("/proc/self/status", "utf8"),
    uid: process.getuid(),
    writeRoot: codeOf(() => writeFileSync("/opt/x", "")),
    writeTmp: codeOf(() => writeFileSync("/tmp/x", "#!/bin/sleep\n", { mode: 0o755 })),
    runTmp: codeOf(() => execFileSync("/tmp/x", ["0"])),
    shm: codeOf(() => writeFileSync("/dev/shm/x", Buffer.alloc(2 * 1024 * 1024))),
  }),
  /** Fills /tmp; returns the error that ended it. */
  fill: () =>
    codeOf(() => {
      const file = openSync("/tmp/full", "w");
      const mebibyte = Buffer.alloc(1024 * 1024);
      try {
        for (let written = 0; written < 512; written += 1) writeSync(file, mebibyte);
      } finally {
        closeSync(file);
      }
    }),
  /** Creates empty files; returns the error and the count. */
  files: () => {
    let count = 0;
    const end = codeOf(() => {
      for (; count < 200_000; count += 1) closeSync(openSync(`/tmp/f${count}`, "w"));
    });
    return { end, count };
  },
  /** Allocates memory until it is killed. */
  leak: () => {
    setInterval(() => allocated.push(Buffer.alloc(8 * 1024 * 1024, 1)), 5);
    return "leaking";
  },
  /** Starts processes until the kernel refuses. */
  fork: async () => {
    for (let count = 0; count < 500; count += 1) {
      const child = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
      const outcome = await new Promise((resolve) => {
        child.once("spawn", () => resolve("ok")).once("error", (error) => resolve(error.code));
      });
      if (outcome !== "ok") return { count, outcome };
    }
    return { count: 500, outcome: "ok" };
  },
  /** Writes to the log as fast as it can. */
  flood: async ({ seconds }) => {
    const end = Date.now() + seconds * 1000;
    const text = `${"x".repeat(500)}\n`.repeat(100);
    while (Date.now() < end) {
      if (!process.stderr.write(text)) {
        await new Promise((resolve) => process.stderr.once("drain", resolve));
      }
    }
    return "done";
  },
  say: ({ text }) => process.stderr.write(`${text}\n`) && "said",
  crash: () => process.exit(1),
  /** Stops the bridge's process, so that it does not respond. */
  freezeBridge: () => process.kill(process.ppid, "SIGSTOP"),
  killBridge: () => process.kill(process.ppid, "SIGKILL"),
  sleep: ({ ms }) => new Promise((resolve) => setTimeout(resolve, ms, "slept")),
  /** The result of a TCP connection. */
  connect: ({ host, port }) => reach(host, port, (socket, resolve) => resolve("open")),
  /** The first data of the server of DATABASE_URL. */
  database: () => {
    const { hostname, port } = new URL(process.env.DATABASE_URL);
    return tools.greeting({ host: hostname, port: Number(port) });
  },
  /** The first data of a server. */
  greeting: ({ host, port }) =>
    reach(host, port, (socket, resolve) => {
      socket.once("data", (chunk) => resolve(String(chunk)));
      socket.once("close", () => resolve("closed"));
    }),
  /** The egress proxy's response to CONNECT, and the target's first data. */
  tunnel: ({ authority }) => {
    const proxy = new URL(process.env.HTTPS_PROXY);
    return reach(proxy.hostname, Number(proxy.port), (socket, resolve) => {
      let text = "";
      socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
      socket.on("data", (chunk) => {
        text += chunk;
        if (!text.startsWith("HTTP/1.1 200") || text.includes("hello from")) resolve(text);
      });
      socket.on("close", () => resolve(text));
    });
  },
};

function reach(host, port, onConnect) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.setTimeout(1_500, () => finish("timeout"));
    socket.once("error", (error) => finish(error.code));
    socket.once("connect", () => onConnect(socket, finish));
  });
}

const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

createInterface({ input: process.stdin }).on("line", (line) => void handle(line));

async function handle(line) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || mode === "silent") return;
  switch (method) {
    case "initialize":
      return send({
        jsonrpc: "2.0",
        id,
        result: {
          protocolVersion: params.protocolVersion,
          capabilities: { tools: {} },
          serverInfo: { name: "fault-server", version: "1.0.0" },
        },
      });
    case "ping":
      return send({ jsonrpc: "2.0", id, result: {} });
    case "tools/list": {
      const list = Object.keys(tools).map((name) => ({ name, inputSchema: { type: "object" } }));
      return send({ jsonrpc: "2.0", id, result: { tools: list } });
    }
    case "tools/call": {
      const text = JSON.stringify(await tools[params.name](params.arguments ?? {}));
      return send({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text }] } });
    }
    default:
      return send({ jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } });
  }
}
