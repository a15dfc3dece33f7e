import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { SkillFile } from "../../workers/mcp/skills/skill-entry.ts";
import { openUpstreamConnection } from "../../workers/upstream/connection.ts";
import { withTotalTimeout, type UpstreamOptions } from "../../workers/upstream/json-rpc.ts";
import {
  closeUpstreamSession,
  type UpstreamSession,
} from "../../workers/upstream/upstream-sessions.ts";
import { verifyFile } from "../../workers/upstream/verify-file.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { GATEWAY } from "../credentials/connection-index.ts";
import { toDetection, toPeer } from "../tool-catalogue/server-values.ts";

/** Largest message with one file: a text of the largest size can be three times as long with escapes. */
const MAX_MESSAGE_BYTES = 512 * 1024;

/** What a server sends for a file: its verified bytes; `unlisted`: others than it lists; `unreadable`: none. */
export type ReadFile = Uint8Array | "unlisted" | "unreadable";

/**
 * Reads files of a server's skills for the gateway itself, one after the other, within the time of one request, and checks
 * their digests. Files that there was no time for are missing in the result.
 */
export async function readFiles(
  loaded: LoadedWorkspace,
  server: ServerRecord,
  files: readonly SkillFile[],
): Promise<Map<string, ReadFile>> {
  const read = new Map<string, ReadFile>();
  const { upstreams } = loaded;
  const options = { ...loaded.optionsFor(server), maxMessageBytes: MAX_MESSAGE_BYTES };
  const kept = upstreams.toKeptSession(server, upstreams.sessions.find(server.id, GATEWAY));
  await withTotalTimeout(options, async (limited) => {
    const isReached = await readOver(loaded, { server, kept, options: limited }, files, read);
    // The kept session can be lost.
    if (!isReached && kept !== null)
      await readOver(loaded, { server, kept: null, options: limited }, files, read);
    return { ok: true as const };
  });
  return read;
}

/** Reads the files over one session; false: the server has answered none of the requests. */
async function readOver(
  loaded: LoadedWorkspace,
  {
    server,
    kept,
    options,
  }: { server: ServerRecord; kept: UpstreamSession | null; options: UpstreamOptions },
  files: readonly SkillFile[],
  read: Map<string, ReadFile>,
): Promise<boolean> {
  const sent = await loaded.headersOf(server, GATEWAY);
  const detected = toDetection(server);
  if (!sent.ok || !detected) return false;
  const peer = toPeer(server, sent);
  const accepted = loaded.upstreams.served.observed(server.id)?.accepted ?? "all";
  const opened = await openUpstreamConnection(peer, detected, accepted, kept, options);
  if (!opened.ok) return false;
  const { connection } = opened;
  let isReached = false;
  try {
    for (const file of files) {
      const response = await connection.request("resources/read", { uri: file.uri });
      if (!response.ok && !response.rpcError && response.error.code !== "upstream_too_large") break;
      isReached ||= response.ok;
      read.set(file.uri, response.ok ? verify(response.result, file) : "unreadable");
    }
  } finally {
    connection.close();
    if (kept === null && connection.session)
      await closeUpstreamSession(peer, connection.session, options);
  }
  return isReached;
}

function verify({ contents }: Record<string, unknown>, file: SkillFile): ReadFile {
  const verified = verifyFile(contents, file);
  return verified.ok ? verified.bytes : "unlisted";
}
