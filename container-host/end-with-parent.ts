// Loaded before a program (`--import`) that must not outlive the process that started it. The other end of file descriptor 3
// is that process's: the system closes it at its end, also after SIGKILL. The program then ends as after SIGTERM.
import { Socket } from "node:net";

const parent = new Socket({ fd: 3 });
// An error also means that the other end is gone; `close` follows.
parent.on("error", () => undefined);
parent.on("close", () => process.kill(process.pid, "SIGTERM"));
parent.resume();
// A program that has nothing else to do ends.
parent.unref();
