import type { Command } from "./arguments.ts";
import { editDocument, readDocument } from "./documents/document.ts";
import { backUp, readTextFile, replaceFile, splitMark, type FileText } from "./files.ts";
import { listItems, toLanguage, type ServerItems, type WriteOptions } from "./items.ts";
import { findValue } from "./places.ts";
import { isDoubtful, planFile, toUnfinished, type FilePlan } from "./plan.ts";
import { findSystemCode, Problem, toReason } from "./problem.ts";
import type { Listing } from "./registry.ts";
import type { StateFile } from "./state.ts";
import type { Target } from "./targets.ts";

/** What happens, or would happen, to a client's file. */
export interface FileOutcome {
  target: Target;
  /** Null: the file could not be read. */
  plan: FilePlan | null;
  servers: ServerItems[];
  /** Why the file is left alone; null: it is not. */
  problem: string | null;
  /** The copy of the file before the change; null: there is none. */
  backup: string | null;
}

/** All that decides what is written. */
export interface UpdateInput {
  command: Command;
  options: WriteOptions;
  listing: Listing;
  state: StateFile;
}

interface Prepared {
  file: FileText;
  plan: FilePlan;
  servers: ServerItems[];
  /** The new text. */
  text: string;
}

/** Plans a file, and writes it for the command `apply`. A file that cannot be used is left alone and says why. */
export async function updateFile(target: Target, input: UpdateInput): Promise<FileOutcome> {
  const outcome: FileOutcome = { target, plan: null, servers: [], problem: null, backup: null };
  try {
    const prepared = await prepare(target, input);
    outcome.plan = prepared.plan;
    outcome.servers = prepared.servers;
    const { command, state } = input;
    if (!command.acceptsRemovals && isDoubtful(prepared.plan, command.registryUrl))
      throw new Problem(
        "more than half of what the registry has written here would be removed. --yes does that",
      );
    if (command.name === "apply") outcome.backup = await write(prepared, state);
  } catch (error) {
    if (!(error instanceof Problem) && findSystemCode(error) === null) throw error;
    outcome.problem = toReason(error);
  }
  return outcome;
}

async function prepare(
  { client, path, folder }: Target,
  { command, options, listing, state }: UpdateInput,
): Promise<Prepared> {
  const file = await readTextFile(path, folder);
  const { mark, body } = splitMark(file.text ?? "");
  const language = toLanguage(client);
  const root = readDocument(language, body);
  const isChosen = (name: string) => command.servers.length === 0 || command.servers.includes(name);
  const servers = listItems(listing.servers, client, options).filter(({ server }) =>
    isChosen(server),
  );
  const names = [
    ...listing.servers.map(({ document }) => document.name),
    ...listing.rejected.flatMap(({ name }) => name ?? []),
  ];
  const plan = planFile({
    registry: command.registryUrl,
    items: servers.flatMap(({ items }) => items),
    listed: new Set(names),
    complete: new Set(servers.flatMap(({ server, skipped }) => (skipped === null ? [server] : []))),
    owned: state.placesOf(file.realPath),
    find: (place) => findValue(root, place),
    force: command.force,
  });
  let text = body;
  for (const { place, item } of plan.changes) text = editDocument(language, text, place, item);
  return { file, plan, servers, text: mark + text };
}

/** Returns the path of the copy. What a run has written stays known if it ends in the middle. */
async function write({ file, plan, text }: Prepared, state: StateFile): Promise<string | null> {
  const { realPath } = file;
  let backup: string | null = null;
  if (plan.changes.length > 0) {
    await state.save(realPath, toUnfinished(state.placesOf(realPath), plan.owned));
    backup = await backUp(file, new Date());
    await replaceFile(file, text);
  }
  await state.save(realPath, plan.owned);
  return backup;
}
