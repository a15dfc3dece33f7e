import { join } from "node:path";
import { readCommand, USAGE, type Command } from "./arguments.ts";
import { withLock } from "./lock.ts";
import type { Machine } from "./machine.ts";
import { Problem } from "./problem.ts";
import { listServers, type Listing } from "./registry.ts";
import { toFileLines, toListLines, toRejectedLines } from "./report.ts";
import { StateFile, toStateFolder } from "./state.ts";
import { listTargets } from "./targets.ts";
import { updateFile } from "./update.ts";

/** Most servers that are written without being named: a whole public registry belongs in no client. */
const MAX_SERVERS = 100;

/** Runs a command line. Returns the exit code; throws a `Problem`. `print` writes a line. */
export async function run(
  args: string[],
  machine: Machine,
  print: (line: string) => void,
): Promise<number> {
  const command = readCommand(args);
  if (command === null) {
    print(USAGE);
    return 0;
  }
  const listing = await listServers({
    url: command.registryUrl,
    token: findToken(command, machine),
  });
  if (command.name === "list") {
    toListLines(listing).forEach(print);
    return 0;
  }
  checkServers(command, listing);
  const folder = toStateFolder(machine);
  const update = () => updateFiles(command, listing, machine, print);
  return command.name === "apply" ? withLock(join(folder, "lock"), update) : update();
}

function findToken({ tokenEnv }: Command, { env }: Machine): string | null {
  if (tokenEnv === null) return null;
  const token = env[tokenEnv]?.trim() ?? "";
  if (token === "")
    throw new Problem(`The environment variable ${tokenEnv} of --token-env is not set.`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Problem(`The environment variable ${tokenEnv} has characters that no token has.`);
  return token;
}

function checkServers({ servers }: Command, listing: Listing): void {
  const unknown = servers.find(
    (name) => !listing.servers.some(({ document }) => document.name === name),
  );
  if (unknown !== undefined)
    throw new Problem(`The registry does not list ${unknown}. The command list shows what it has.`);
  if (servers.length === 0 && listing.servers.length > MAX_SERVERS)
    throw new Problem(
      `The registry lists ${listing.servers.length} servers. Name those that you want with --server.`,
    );
}

async function updateFiles(
  command: Command,
  listing: Listing,
  machine: Machine,
  print: (line: string) => void,
): Promise<number> {
  const state = await StateFile.read(toStateFolder(machine));
  const { targets, shared } = await listTargets(machine, command.selection);
  const options = { ...command, env: machine.env };
  const outcomes = [];
  for (const target of targets) {
    const outcome = await updateFile(target, { command, options, listing, state });
    toFileLines(outcome, command.name === "plan").forEach(print);
    outcomes.push(outcome);
  }
  [...shared, ...toRejectedLines(listing.rejected)].forEach(print);
  return outcomes.some(({ problem }) => problem !== null) ? 1 : 0;
}
